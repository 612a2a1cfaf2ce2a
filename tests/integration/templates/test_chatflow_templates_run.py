"""The chatflow templates answer: their models and services stand behind the wire, all else is as it will be."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from answering_wire import SAYS, AnsweringWire
from template_files import CHATFLOWS
from template_run import CATALOGUE, load, template_context

from flowisectl.engine.flow import parse_flow
from flowisectl.engine.run import run_flow
from flowisectl.engine.upsert import upsert_flow

PETS = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://petstore.test"}],
    "paths": {"/pets": {"get": {"operationId": "listPets", "description": "Lists the pets"}}},
}


def data_uri(content: bytes, name: str) -> str:
    return f"data:text/plain;base64,{base64.b64encode(content).decode()},filename:{name}"


@pytest.fixture(autouse=True)
def templates_are_there() -> None:
    if not CHATFLOWS.is_dir():
        pytest.skip("the templates are not beside this checkout")


async def answer(name: str, wire: AnsweringWire, **inputs: Any) -> dict[str, Any]:
    flow = load(CHATFLOWS / f"{name}.json", **inputs)
    async with template_context(wire, question="What is a flow?") as context:
        result = await run_flow(flow, context, CATALOGUE)
    return {**result.fields, "content": result.text}


PLAIN = {
    "Conversation Chain": "api.openai.com",
    "Conversational Agent": "api.openai.com",
    "HuggingFace LLM Chain": "router.huggingface.co",
    "Input Moderation": "api.openai.com",
    "LLM Chain": "openai.azure.com",
    "Prompt Chaining": "api.openai.com",
    "ReAct Agent": "api.openai.com",
    "Replicate LLM": "api.replicate.com",
    "Simple Chat Engine": "openai.azure.com",
}
"""Templates that answer with what their model says → where the model is."""


@pytest.mark.parametrize("name", PLAIN)
async def test_a_template_answers_with_what_its_model_says(name: str) -> None:
    wire = AnsweringWire()

    result = await answer(name, wire)

    assert result["content"] == SAYS
    assert wire.to(PLAIN[name])


async def test_a_structured_answer_is_json() -> None:
    wire = AnsweringWire()

    result = await answer("Advanced Structured Output Parser", wire)

    films = orjson.loads(result["content"].removeprefix("```json"))
    assert [film["title"] for film in films] == [SAYS]


async def test_an_agent_looks_into_two_indexes() -> None:
    wire = AnsweringWire()

    result = await answer("Multiple Documents QnA", wire)

    assert result["content"] == SAYS
    assert len(wire.to("index.pinecone.test/query")) == 2
    assert len(result["usedTools"]) == 2
    assert result["sourceDocuments"][0]["pageContent"] == "A flow is made of nodes."


async def test_an_agent_calls_the_endpoints_of_an_openapi_document() -> None:
    wire = AnsweringWire()

    result = await answer("OpenAPI YAML Agent", wire, openAPIToolkit_0__openApiFile=data_uri(orjson.dumps(PETS), "pets.json"))

    assert result["content"] == SAYS
    assert [tool["tool"] for tool in result["usedTools"]] == ["listPets"]
    assert orjson.loads(result["usedTools"][0]["toolOutput"]) == {"pets": ["Rex"]}


async def test_files_of_a_repository_answer_a_question() -> None:
    wire = AnsweringWire()

    result = await answer("Github Docs QnA", wire)

    assert result["content"] == SAYS
    assert wire.to("api.github.com")
    asked = orjson.dumps(wire.to("/chat/completions")[-1]).decode()
    assert "A flow is made of nodes." in asked


async def test_a_text_file_answers_a_question_after_it_was_written_to_the_store(tmp_path: Path) -> None:
    wire = AnsweringWire()
    filled = {"faiss_0__basePath": str(tmp_path), "textFile_0__txtFile": data_uri(b"A flow is made of nodes.", "flows.txt")}
    flow = load(CHATFLOWS / "Local QnA.json", **filled)

    async with template_context(wire, question="What is a flow?") as context:
        outcome = await upsert_flow(flow, context, CATALOGUE)
        result = await run_flow(flow, context, CATALOGUE)

    assert outcome.counts["numAdded"] == 1
    assert result.text == SAYS
    asked = orjson.dumps(wire.to("/api/chat")[-1]).decode()
    assert "A flow is made of nodes." in asked


async def test_a_question_is_taken_apart_and_put_together_again() -> None:
    wire = AnsweringWire()

    result = await answer("SubQuestion Query Engine", wire)

    assert result["content"] == SAYS
    assert wire.to("index.pinecone.test/query")[0]["filter"] == {"source": "apple"}
    assert len(wire.to("/chat/completions")) == 3


async def test_rows_of_a_file_are_counted_by_a_program_that_the_model_wrote() -> None:
    wire = AnsweringWire()

    result = await answer("CSV Agent", wire, csvAgent_0__csvFile=data_uri(b"flow,nodes\nshop,4\nhelp,7\n", "flows.csv"))

    assert result["content"] == SAYS
    assert "the result is: 2" in orjson.dumps(wire.to("/chat/completions")[-1]).decode()


async def test_a_database_answers_a_question(tmp_path: Path) -> None:
    """A chain that newer templates have, in a flow of its own."""
    with closing(sqlite3.connect(tmp_path / "flows.db")) as connection:
        connection.executescript("CREATE TABLE flows (name TEXT); INSERT INTO flows VALUES ('shop'), ('help');")
    flow = parse_flow(
        {
            "nodes": [
                {"id": "m", "data": {"id": "m", "name": "chatOpenAI", "category": "Chat Models", "credential": "c1", "inputs": {}}},
                {
                    "id": "s",
                    "data": {
                        "id": "s",
                        "name": "sqlDatabaseChain",
                        "category": "Chains",
                        "inputs": {"model": "{{m.data.instance}}", "database": "sqlite", "url": str(tmp_path / "flows.db")},
                    },
                },
            ],
            "edges": [{"id": "e", "source": "m", "target": "s", "sourceHandle": "m-output", "targetHandle": "s-input"}],
        }
    )
    wire = AnsweringWire()

    async with template_context(wire, question="How many flows are there?") as context:
        result = await run_flow(flow, context, CATALOGUE)

    assert result.text == SAYS
    assert "flows\\n2" in orjson.dumps(wire.to("/chat/completions")[-1]).decode()
