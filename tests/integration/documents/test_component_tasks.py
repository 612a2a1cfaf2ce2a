"""Components outside of a conversation: a function, an instruction, an agent's tools; real components, a real sandbox."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from embedding_server import EmbeddingServer
from rag_flows import node

from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.tool import insert_tool
from flowisectl.documents.local import LocalUpserts
from flowisectl.documents.request import UpsertRequest, UpsertResult
from flowisectl.documents.runner import UpsertRunner
from flowisectl.documents.task_names import CALL_TOOL, DRAFT, FUNCTION, INSTRUCTION, TOOLS
from flowisectl.predictions.runner import NestedFlows, PredictionRunner
from flowisectl.runs.context import RunServices
from flowisectl.texts.text import BuiltInTexts

WORKSPACE = "11111111-1111-4111-8111-111111111111"


async def ask(runner: UpsertRunner, task: str, body: Mapping[str, Any], flow_id: str = "") -> UpsertResult:
    values = {"task": task, "target_id": flow_id, "upsert_id": str(uuid.uuid4()), "body": body, "chat_id": "chat"}
    request = UpsertRequest(workspace_id=WORKSPACE, **values)
    return await (await LocalUpserts(runner, job_timeout_seconds=30).submit(UpsertRequest.from_json(request.to_json()))).result()


@pytest.mark.parametrize(
    ("code", "variables", "expected"),
    [
        ("return $a + 1", {"a": 41}, 42),
        ("return { sum: $a.length }", '{"a": [1, 2]}', {"sum": 2}),
        ("return false", {}, False),
        ("", {}, None),
        ("throw new Error('no luck')", {}, None),
    ],
)
async def test_a_function_is_tried_out(runner: UpsertRunner, code: str, variables: Any, expected: Any) -> None:
    result = await ask(runner, FUNCTION, {"javascriptFunction": code, "functionInputVariables": variables})

    assert (orjson.loads(result.body) == expected) if expected is not None else bool(result.error)


async def test_an_instruction_needs_a_task_and_a_model(runner: UpsertRunner) -> None:
    errors = [
        (await ask(runner, INSTRUCTION, body)).error
        for body in ({}, {"task": "sell tea"}, {"task": "x", "selectedChatModel": {"name": "nobody", "inputs": {}}})
    ]

    assert all(errors) and "selectedChatModel" in errors[1] and "nobody" in errors[2]


async def test_an_instruction_is_asked_for_in_the_words_in_force(services: RunServices, embedding_server: EmbeddingServer) -> None:
    inputs = {"openAIApiKey": "sk", "modelName": "m", "streaming": False, "basepath": embedding_server.url}
    services = replace(services, texts=BuiltInTexts(replaced={"assistant-instruction": "Please: {task} {}"}))
    runner = UpsertRunner(services, NestedFlows(services, PredictionRunner(services)))

    result = await ask(runner, INSTRUCTION, {"task": "sell {tea}", "selectedChatModel": {"name": "chatOpenAI", "inputs": inputs}})

    assert result.error == ""
    assert embedding_server.chats == ["Please: sell {tea} {}"]


@pytest.fixture
async def flow_with_tools(services: RunServices) -> str:
    row = {"name": "add", "description": "adds numbers", "color": "", "func": "return Number($x) + 1", "workspaceId": WORKSPACE}
    schema = '[{"property":"x","type":"number","description":"a number","required":true}]'
    tool = await insert_tool(services.database, {**row, "schema": schema})
    nodes = [
        node("tool_0", "customTool", "Tools", selectedTool=tool["id"]),
        node("calc_0", "calculator", "Tools"),
        node("model_0", "chatOpenAI", "Chat Models", modelName="m", openAIApiKey="sk"),
        node("memory_0", "bufferMemory", "Memory"),
        node("agent_0", "toolAgent", "Agents", tools=["{{tool_0.data.instance}}", "{{calc_0.data.instance}}"],
             model="{{model_0.data.instance}}", memory="{{memory_0.data.instance}}"),
    ]  # fmt: skip
    pairs = [(name, "agent_0") for name in ("tool_0", "calc_0", "model_0", "memory_0")]
    edges = [{"id": f"{a}-{b}", "source": a, "target": b, "sourceHandle": f"{a}-output", "targetHandle": b} for a, b in pairs]
    data = orjson.dumps({"nodes": nodes, "edges": edges}).decode()
    flow = await insert_flow(services.database, {"name": "f", "flowData": data, "type": "CHATFLOW", "workspaceId": WORKSPACE})
    return str(flow["id"])


async def test_the_tools_of_an_agent_are_told_and_called(runner: UpsertRunner, flow_with_tools: str) -> None:
    told = await ask(runner, TOOLS, {}, flow_with_tools)
    assert told.error == ""
    listed = orjson.loads(told.body)
    called = orjson.loads((await ask(runner, CALL_TOOL, {"toolName": "add", "inputArgs": {"x": 41}}, flow_with_tools)).body)
    missing = await ask(runner, CALL_TOOL, {"toolName": "nobody"}, flow_with_tools)

    assert [(item["type"], item["name"]) for item in listed] == [("function", "add"), ("function", "calculator")]
    assert listed[0]["parameters"]["properties"]["x"]["type"] == "number"
    assert called == {"output": "42", "sourceDocuments": [], "artifacts": []}
    assert "nobody" in missing.error


async def test_a_flow_is_drafted_by_one_call_of_the_chosen_model(
    runner: UpsertRunner, embedding_server: EmbeddingServer, credential_id: str
) -> None:
    nodes = [{"id": f"{name}_0", "name": name, "inputs": {}} for name in ("startAgentflow", "llmAgentflow")]
    embedding_server.reply = orjson.dumps({"nodes": nodes, "edges": [{"from": "startAgentflow_0", "to": "llmAgentflow_0"}]}).decode()
    inputs = {"modelName": "m", "streaming": False, "basepath": embedding_server.url}
    body = {"question": "sell tea", "selectedChatModel": {"name": "chatOpenAI", "inputs": inputs, "credential": credential_id}}

    result = await ask(runner, DRAFT, body)

    assert result.error == ""
    flow = orjson.loads(result.body)
    settings = flow["nodes"][1]["data"]["inputs"]["llmModelConfig"]
    assert (settings["basepath"], settings["FLOWISE_CREDENTIAL_ID"]) == (embedding_server.url, credential_id)
    assert len(embedding_server.chats) == 1 and embedding_server.chats[0].endswith("sell tea")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "question not provided"),
        ({"question": "x"}, "selectedChatModel not provided"),
        ({"question": "x", "selectedChatModel": {"name": "calculator"}}, "no chat model"),
    ],
)
async def test_a_draft_needs_a_question_and_a_chat_model(runner: UpsertRunner, body: dict[str, Any], why: str) -> None:
    assert why in (await ask(runner, DRAFT, body)).error


async def test_an_answer_that_is_no_flow_is_told(runner: UpsertRunner, embedding_server: EmbeddingServer) -> None:
    inputs = {"modelName": "m", "streaming": False, "basepath": embedding_server.url, "openAIApiKey": "sk"}

    result = await ask(runner, DRAFT, {"question": "x", "selectedChatModel": {"name": "chatOpenAI", "inputs": inputs}})

    assert "The model's draft is no flow that could run" in result.error
