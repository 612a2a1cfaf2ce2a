"""A graph of agents from request to rows: its state in a real database, taken up by another process's runner."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from run_services import open_run_services
from stand_ins import Stage

from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.chat_message import session_messages
from flowisectl.database.checkpoint import get_checkpoint
from flowisectl.engine.legacy.executor import STOPPED
from flowisectl.interfaces.chat_model import ChatReply, ToolSpec
from flowisectl.interfaces.message import ToolCall
from flowisectl.interfaces.tool import ToolOutcome
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.runner import PredictionRunner
from flowisectl.runs.context import RunServices
from flowisectl.testing import NullTrace, RecordingEventSink, ScriptedChatModel

CALL = ChatReply(tool_calls=(ToolCall(id="c1", name="pay", arguments={"sum": 5}),))


class Pays:
    spec = ToolSpec(name="pay", description="pays", parameters={"type": "object"})
    return_direct = False

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        return ToolOutcome(text=f"paid {arguments['sum']}")


@asynccontextmanager
async def a_process(folder: Path, model: ScriptedChatModel) -> AsyncIterator[tuple[PredictionRunner, RunServices]]:
    """What one process opens over the shared folder."""
    async with open_run_services(folder, catalogue=Stage({"chatOpenAI": model, "customTool": Pays()})) as services:
        yield PredictionRunner(services), services


def flow_data() -> str:
    def node(node_id: str, name: str, category: str, **inputs: Any) -> dict[str, Any]:
        data = {"id": node_id, "name": name, "label": name, "category": category, "inputs": inputs, "inputParams": []}
        return {"id": node_id, "data": data}

    nodes = [
        node("model_0", "chatOpenAI", "Chat Models"),
        node("tool_0", "customTool", "Tools"),
        node("memory_0", "agentMemory", "Memory"),
        node("start_0", "seqStart", "Sequential Agents", model="{{model_0.data.instance}}", agentMemory="{{memory_0.data.instance}}"),
        node(
            "agent_0",
            "seqAgent",
            "Sequential Agents",
            agentName="Cashier",
            sequentialNode=["{{start_0.data.instance}}"],
            tools=["{{tool_0.data.instance}}"],
            interrupt=True,
        ),
        node("end_0", "seqEnd", "Sequential Agents", sequentialNode="{{agent_0.data.instance}}"),
    ]
    pairs = [("model_0", "start_0"), ("memory_0", "start_0"), ("tool_0", "agent_0"), ("start_0", "agent_0"), ("agent_0", "end_0")]
    edges = [{"id": f"{a}-{b}", "source": a, "target": b, "sourceHandle": "", "targetHandle": ""} for a, b in pairs]
    return orjson.dumps({"nodes": nodes, "edges": edges}).decode()


def request_for(row: Mapping[str, Any], question: str, **body: Any) -> PredictionRequest:
    return PredictionRequest(
        flow_id=row["id"],
        flow_version=row["updatedDate"],
        chat_id="chat",
        message_id=str(uuid.uuid4()),
        body={"question": question, "chatId": "chat", **body},
        wants_stream=True,
        accepted_ms=int(time.time() * 1000),
    )


async def run(runner: PredictionRunner, request: PredictionRequest) -> tuple[dict[str, Any], list[str]]:
    events = RecordingEventSink()
    result = await runner.run(request, events, NullTrace())
    assert result.error == ""
    return orjson.loads(result.body), events.kinds()


async def test_a_run_that_waits_for_a_human_goes_on_in_another_process(tmp_path: Path) -> None:
    async with a_process(tmp_path, ScriptedChatModel(CALL, "Pay 5?")) as (runner, services):
        row = await insert_flow(services.database, {"name": "f", "flowData": flow_data(), "type": "MULTIAGENT"})
        asked, first_events = await run(runner, request_for(row, "pay please"))

    async with a_process(tmp_path, ScriptedChatModel("It is paid.")) as (runner, services):
        answered, second_events = await run(runner, request_for(row, "Yes", action=asked["action"]))
        rows = await session_messages(services.database, row["id"], "chat")
        kept = await get_checkpoint(services.database, row["id"], "chat")

    assert set(asked) == {"text", "agentReasoning", "action", "question", "chatId", "chatMessageId", "sessionId", "memoryType"}
    assert asked["memoryType"] == "agentMemory" and asked["text"] == "Pay 5?"
    assert first_events[-6:] == ["token", "action", "usedTools", "sourceDocuments", "artifacts", "metadata"]
    assert second_events[-5:] == ["token", "usedTools", "sourceDocuments", "artifacts", "metadata"]
    assert answered["text"] == "It is paid." and "action" not in answered
    assert {(item["role"], item["content"]) for item in rows} == {
        ("userMessage", "pay please"), ("apiMessage", "Pay 5?"), ("userMessage", "Yes"), ("apiMessage", "It is paid.")
    }  # fmt: skip
    used = next(item["usedTools"] for item in rows if item["content"] == "It is paid.")
    assert used == [{"tool": "pay", "toolInput": {"sum": 5}, "toolOutput": "paid 5"}]
    assert kept is not None and "waiting" not in orjson.loads(kept)


async def test_a_stopped_run_is_answered_with_nothing_and_kept_as_messages(tmp_path: Path) -> None:
    asked = asyncio.Event()

    class Hangs(ScriptedChatModel):
        async def invoke(self, *arguments: Any, **options: Any) -> ChatReply:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError("nobody wakes it")

    async with a_process(tmp_path, Hangs()) as (runner, services):
        row = await insert_flow(services.database, {"name": "f", "flowData": flow_data(), "type": "MULTIAGENT"})
        events = RecordingEventSink()
        task = asyncio.create_task(runner.run(request_for(row, "wait"), events, NullTrace()))
        await asyncio.wait_for(asked.wait(), 30)
        task.cancel(STOPPED)
        result: PredictionResult = await task
        rows = await session_messages(services.database, row["id"], "chat")

    assert result.is_ok and orjson.loads(result.body)["text"] == ""
    assert events.kinds() == ["abort", "metadata"]
    assert [(item["role"], item["content"]) for item in rows] == [("userMessage", "wait"), ("apiMessage", "")]


@pytest.mark.parametrize("question", ["Yes", "something else"])
async def test_an_action_of_a_session_that_nobody_knows_is_a_plain_question(tmp_path: Path, question: str) -> None:
    async with a_process(tmp_path, ScriptedChatModel("Hello.")) as (runner, services):
        row = await insert_flow(services.database, {"name": "f", "flowData": flow_data(), "type": "MULTIAGENT"})

        answered, _ = await run(runner, request_for(row, question, action={"id": "x", "mapping": {"approve": "Yes", "reject": "No"}}))

    assert answered["text"] == "Hello."
