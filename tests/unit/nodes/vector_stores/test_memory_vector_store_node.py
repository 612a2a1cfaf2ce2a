"""A text, split, embedded and found again, through the nodes that flows use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput
from flowisectl.interfaces.http import HttpResponse
from flowisectl.nodes.document_loaders.plain_text import PlainText
from flowisectl.nodes.embeddings.open_ai_embeddings import OpenAIEmbeddings
from flowisectl.nodes.vector_stores.memory_vector_store import MemoryVectorStore
from flowisectl.retrieval.memory_store import MemoryStore
from flowisectl.retrieval.splitting import CharacterSplitter
from flowisectl.testing import ScriptedHttp, run_context


class Letters:
    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(text.count(letter)) for letter in "abc"] for text in texts]


async def load(output: str = "document", **inputs: Any) -> Any:
    values = {"text": "aa;bb;cc", "textSplitter": CharacterSplitter(chunk_size=2, chunk_overlap=0, separator=";"), **inputs}
    return await PlainText().build(NodeInputs(values, output=output), run_context())


class TestPlainText:
    async def test_it_gives_documents_with_the_nodes_metadata(self) -> None:
        documents = await load(metadata='{"source": "me"}')

        assert [(document.page_content, document.metadata) for document in documents] == [
            (text, {"loc": {"lines": {"from": 1, "to": 1}}, "source": "me"}) for text in ("aa", "bb", "cc")
        ]

    async def test_it_gives_text(self) -> None:
        assert await load("text") == "aa\nbb\ncc\n"
        assert await load("text", textSplitter="") == "aa;bb;cc\n"

    async def test_metadata_may_be_left_out(self) -> None:
        assert (await load(metadata="{}", omitMetadataKeys="loc"))[0].metadata == {}


class TestMemoryVectorStore:
    async def build(self, output: str, **inputs: Any) -> Any:
        values = {"document": [await load(), []], "embeddings": Letters(), **inputs}
        return await MemoryVectorStore().build(NodeInputs(values, output=output), run_context())

    async def test_its_retriever_finds_the_most_similar(self) -> None:
        found = await (await self.build("retriever", topK="1")).retrieve("b")

        assert [document.page_content for document in found] == ["bb"]
        assert len(await (await self.build("retriever", topK="")).retrieve("b")) == 3

    async def test_it_gives_the_store_itself(self) -> None:
        store = await self.build("vectorStore", topK="2")

        assert isinstance(store, MemoryStore)
        assert (store.count, (await self.build("vectorStore", topK="")).count) == (2, 4)

    async def test_it_needs_embeddings(self) -> None:
        with pytest.raises(MissingInput, match="embeddings"):
            await self.build("retriever", embeddings="")


class TestOpenAiEmbeddings:
    async def test_inputs_are_sent_in_the_spelling_of_the_wire(self) -> None:
        answer = {"data": [{"index": 0, "embedding": [0.5, 1]}]}
        http = ScriptedHttp(HttpResponse(status=200, reason="", headers={}, body=orjson.dumps(answer)))
        inputs = {
            "modelName": "embed-1",
            "basepath": "http://127.0.0.1:9/v1",
            "dimensions": "2",
            "encodingFormat": "float",
            "stripNewLines": True,
        }

        embeddings = await OpenAIEmbeddings().build(NodeInputs(inputs, credential={"openAIApiKey": "sk-1"}), run_context(http=http))

        assert await embeddings.embed(["a\nb"]) == [[0.5, 1.0]]
        assert http.calls[0].url == "http://127.0.0.1:9/v1/embeddings"
        assert orjson.loads(http.calls[0].body or b"") == {
            "model": "embed-1",
            "dimensions": 2,
            "encoding_format": "float",
            "input": ["a b"],
        }

    async def test_a_missing_key_is_told(self) -> None:
        with pytest.raises(MissingInput, match="API key"):
            await OpenAIEmbeddings().build(NodeInputs({}), run_context())
