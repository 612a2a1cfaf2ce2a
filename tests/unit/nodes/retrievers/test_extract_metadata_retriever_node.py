"""Node extractMetadataRetriever: what a model reads in the question becomes the filter of the search."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.nodes.retrievers.extract_metadata_retriever import ExtractMetadataRetriever
from flowisectl.testing import ScriptedChatModel, run_context

ROWS = [
    {"key": "year", "type": "Number", "description": "When it was"},
    {"key": "kind", "type": "Enum", "enumValues": "book, film"},
    {"key": "tags", "type": "String Array"},
    {"key": "author", "type": "String"},
]


class Store:
    count = 3

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, Any]] = []

    async def search(self, question: str, count: int, conditions: Any = None) -> list[tuple[Document, float]]:
        self.asked.append((question, count, conditions))
        return [(Document(page_content="d"), 0.5)]


async def build(store: Store, model: ScriptedChatModel, output: str = "retriever", **inputs: Any) -> Any:
    values = {"vectorStore": store, "model": model, **inputs}
    given = NodeInputs(values, node_id="r_0", label="Extract", output=output)
    return await ExtractMetadataRetriever().build(given, run_context(question="asked"))


async def test_the_search_is_filtered_by_what_the_model_read() -> None:
    store = Store()
    model = ScriptedChatModel(orjson.dumps({"year": 2026, "kind": "film", "tags": [], "author": "", "made_up": 1}).decode())
    rows = orjson.dumps(ROWS).decode()
    inputs = {"dynamicMetadataFilterRetrieverStructuredOutput": rows, "dynamicMetadataFilterRetrieverPrompt": "Read: {{query}}!"}

    found = await (await build(store, model, topK="2", **inputs)).retrieve("films of 2026?")

    assert [item.page_content for item in found] == ["d"]
    assert store.asked == [("films of 2026?", 2, {"year": 2026, "kind": "film"})]
    call = model.calls[0]
    assert call.texts == [("user", "Read: films of 2026?!")]
    assert call.options.json_schema is not None
    properties = call.options.json_schema["properties"]
    assert properties["year"] == {"type": "number", "description": "When it was"}
    assert properties["kind"] == {"type": "string", "enum": ["book", "film"]}
    assert properties["tags"] == {"type": "array", "items": {"type": "string"}}


async def test_without_a_schema_everything_is_searched() -> None:
    store, model = Store(), ScriptedChatModel()

    assert await build(store, model, "text") == "d\n"
    assert store.asked == [("asked", 3, None)] and model.calls == []


async def test_a_model_that_read_nothing_filters_nothing() -> None:
    store = Store()
    inputs = {"dynamicMetadataFilterRetrieverStructuredOutput": ROWS}

    await build(store, ScriptedChatModel("{}"), "document", query="q", **inputs)

    assert store.asked == [("q", 3, None)]


async def test_an_answer_that_is_no_data_is_told() -> None:
    retriever = await build(Store(), ScriptedChatModel("no idea"), dynamicMetadataFilterRetrieverStructuredOutput=ROWS)

    with pytest.raises(FlowError, match=r"'r_0' \(Extract\) cannot filter: the model did not answer with a JSON object"):
        await retriever.retrieve("q")


async def test_it_needs_a_store_and_a_model() -> None:
    with pytest.raises(MissingInput, match="'vectorStore'"):
        await build(None, ScriptedChatModel())  # type: ignore[arg-type]
