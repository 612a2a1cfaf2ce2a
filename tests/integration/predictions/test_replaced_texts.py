"""A text that the operator replaces reaches the model: from the variable to what a prediction asks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from stand_ins import Stage

from config.env import load_settings
from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.connection import open_database
from flowisectl.engine.context import RunContext
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.runner import PredictionRunner
from flowisectl.runs.context import RunServices
from flowisectl.testing import NullTrace, RecordingEventSink, ScriptedChatModel
from roles.resources import foundation_of
from roles.running import open_run_services

TEXTS = {
    "conversation-summary": "Known {summary}; said since: {new_lines}",
    "schema-instructions": "Follow {schema} {and keep this}",
    "agentflow-summary": "In short: {conversation}",
}


@pytest.fixture
def model() -> ScriptedChatModel:
    return ScriptedChatModel("one", '{"answer": "two"}', "three", repeat=True)


@pytest.fixture
async def services(tmp_path: Path, model: ScriptedChatModel) -> AsyncIterator[RunServices]:
    """What a role opens with this variable, with a model of the test's own."""
    file = tmp_path / "texts.json"
    file.write_text(json.dumps(TEXTS), "utf8")
    given = {"BUILT_IN_TEXTS_PATH": str(file), "DATABASE_PATH": str(tmp_path), "BLOB_STORAGE_PATH": str(tmp_path / "storage")}
    settings = load_settings(None, given, tmp_path)
    async with AsyncExitStack() as opened:
        database = await opened.enter_async_context(open_database(settings.database))
        services = await open_run_services(settings, foundation_of(settings, {}, database, "key"), None, opened)
        yield replace(services, catalogue=Stage({"chatOpenAI": model}))


def flow(kind: str, *nodes: tuple[str, str, Mapping[str, Any]]) -> dict[str, Any]:
    """Nodes (name, category, inputs), each of which leads to the last; the id of a node is its name and `_0`."""
    shown = [
        {
            "id": f"{name}_0",
            "data": {"id": f"{name}_0", "name": name, "label": name, "category": category, "inputs": dict(inputs), "inputParams": []},
        }
        for name, category, inputs in nodes
    ]
    ids = [node["id"] for node in shown]
    edges = [{"id": place, "source": place, "target": ids[-1], "sourceHandle": "", "targetHandle": ""} for place in ids[:-1]]
    return {"name": "f", "type": kind, "flowData": orjson.dumps({"nodes": shown, "edges": edges}).decode()}


async def ask(services: RunServices, row: Mapping[str, Any], question: str, message: str) -> None:
    request = PredictionRequest(
        flow_id=row["id"],
        flow_version=row["updatedDate"],
        chat_id="chat",
        message_id=message,
        body={"question": question, "chatId": "chat"},
        accepted_ms=1_763_900_000_123,
    )
    result = await PredictionRunner(services).run(request, events=RecordingEventSink(), trace=NullTrace())
    assert result.error == "", result


async def test_a_summary_is_asked_for_in_the_operators_words(services: RunServices, model: ScriptedChatModel) -> None:
    memory = {"model": "{{chatOpenAI_0.data.instance}}", "maxTokenLimit": 1}
    chain = {"model": "{{chatOpenAI_0.data.instance}}", "memory": "{{conversationSummaryBufferMemory_0.data.instance}}"}
    nodes = (
        ("chatOpenAI", "Chat Models", {}),
        ("conversationSummaryBufferMemory", "Memory", memory),
        ("conversationChain", "Chains", chain),
    )
    row = await insert_flow(services.database, flow("CHATFLOW", *nodes))

    await ask(services, row, "First {new_lines}?", "22222222-2222-4222-8222-222222222221")
    await ask(services, row, "Second?", "22222222-2222-4222-8222-222222222222")

    assert model.calls[1].texts == [("user", "Known ; said since: Human: First {new_lines}?\nAI: one")]


async def test_a_schema_is_explained_in_the_operators_words(services: RunServices, model: ScriptedChatModel) -> None:
    parser = {"jsonStructure": '[{"property": "answer", "type": "string", "description": ""}]'}
    chain = {
        "model": "{{chatOpenAI_0.data.instance}}",
        "prompt": "{{promptTemplate_0.data.instance}}",
        "outputParser": "{{structuredOutputParser_0.data.instance}}",
    }
    nodes = (
        ("chatOpenAI", "Chat Models", {}),
        ("promptTemplate", "Prompts", {"template": "Tell me of {x}."}),
        ("structuredOutputParser", "Output Parsers", parser),
        ("llmChain", "Chains", chain),
    )
    model.script = ['{"answer": "two"}']
    row = await insert_flow(services.database, flow("CHATFLOW", *nodes))

    await ask(services, row, "bees", "22222222-2222-4222-8222-222222222223")

    prompt = model.calls[0].texts[0][1]
    assert prompt.startswith('Tell me of bees.\nFollow {"type":"object"')
    assert prompt.endswith("} {and keep this}")


async def test_an_agentflow_sums_up_in_the_operators_words(services: RunServices, model: ScriptedChatModel) -> None:
    inputs = {
        "llmModel": "chatOpenAI",
        "llmModelConfig": {"llmModel": "chatOpenAI"},
        "llmEnableMemory": True,
        "llmMemoryType": "conversationSummary",
        "llmReturnResponseAs": "assistantMessage",
    }
    nodes = (
        ("startAgentflow", "Agent Flows", {"startInputType": "chatInput"}),
        ("llmAgentflow", "Agent Flows", inputs),
    )
    row = await insert_flow(services.database, flow("AGENTFLOW", *nodes))

    await ask(services, row, "Hello", "22222222-2222-4222-8222-222222222224")

    assert model.calls[0].texts == [("user", "In short: user: Hello")]


def test_a_run_without_the_variable_has_our_texts() -> None:
    assert RunContext.__dataclass_fields__["texts"].default.replaced == {}
