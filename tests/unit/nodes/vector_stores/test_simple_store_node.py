"""The simple store in a folder of the server, for engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from service_answers import TinyEmbeddings

from flowisectl.engine.local_paths import LocalPaths
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_store import ErasableStore
from flowisectl.llm.query_engine import EngineRetriever
from flowisectl.nodes.vector_stores.simple_store_llama_index import SimpleStoreLlamaIndex
from flowisectl.testing import run_context


async def store(home: Path, output: str = "vectorStore", **inputs: Any) -> Any:
    given = NodeInputs({"embeddings": TinyEmbeddings(), **inputs}, node_id="s_0", label="Store", output=output)
    return await SimpleStoreLlamaIndex().build(given, run_context(paths=LocalPaths(home=home)))


def documents(*texts: str) -> list[Document]:
    return [Document(page_content=text, metadata={"source": text}, id=text) for text in texts]


async def found(home: Path, question: str, count: int, conditions: Any = None) -> list[tuple[str, float]]:
    return [(document.page_content, round(score, 6)) for document, score in await (await store(home)).search(question, count, conditions)]


async def test_later_writes_join_earlier_ones_and_known_ids_are_replaced(tmp_path: Path) -> None:
    await (await store(tmp_path)).add(documents("aa", "bb"))
    await (await store(tmp_path)).add([Document(page_content="ab", metadata={"n": 2}, id="bb")])

    assert await found(tmp_path, "a", 5) == [("aa", 1.0), ("ab", 0.707107)]
    assert await found(tmp_path, "a", 1, {"n": 2}) == [("ab", 0.707107)]
    assert sorted(path.name for path in (tmp_path / "llamaindex").iterdir()) == ["doc_store.json", "vector_store.json"]


async def test_documents_are_forgotten_by_their_ids(tmp_path: Path) -> None:
    notes = await store(tmp_path)
    await notes.add(documents("aa", "bb"))

    await notes.delete(["aa", "unknown"])

    assert isinstance(notes, ErasableStore) and await found(tmp_path, "a", 5) == [("bb", 0.0)]


@pytest.mark.parametrize("name", ["doc_store.json", "docstore.json"])
@pytest.mark.parametrize("as_text", [True, False])
async def test_a_folder_that_llama_index_wrote_is_read(tmp_path: Path, name: str, as_text: bool) -> None:
    node = {"id_": "1", "text": "aa", "metadata": {"source": "x"}, "hash": "h"}
    data = orjson.dumps(node).decode() if as_text else node
    (tmp_path / name).write_bytes(orjson.dumps({"docstore/data": {"1": {"__data__": data, "__type__": "TEXT"}}}))
    vectors = {"embeddingDict": {"1": [1.0, 0.0], "without a node": [0.0, 1.0]}, "textIdToRefDocId": {}}
    (tmp_path / "vector_store.json").write_bytes(orjson.dumps(vectors))

    result = await (await store(tmp_path, basePath=str(tmp_path))).search("a", 3)

    assert result == [(Document(page_content="aa", metadata={"source": "x"}, id="1"), 1.0)]


async def test_the_retriever_is_one_for_engines(tmp_path: Path) -> None:
    await (await store(tmp_path)).add(documents("aa", "ab", "bb"))

    retriever = await store(tmp_path, "retriever", topK="2", model="model")

    assert isinstance(retriever, EngineRetriever) and retriever.model == "model"
    assert [document.page_content for document in await retriever.retrieve("a")] == ["aa", "ab"]


async def test_an_empty_folder_a_broken_file_and_another_model_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidFlow, match="fill the vector store first"):
        await found(tmp_path, "a", 1)
    await (await store(tmp_path)).add(documents("aa"))
    path = tmp_path / "llamaindex" / "vector_store.json"

    path.write_bytes(orjson.dumps({"embeddingDict": {"aa": [1.0, 0.0, 0.0]}}))
    with pytest.raises(InvalidFlow, match="holds vectors of 3 numbers"):
        await found(tmp_path, "a", 1)

    for content in (b"{", b"[]", b'{"embeddingDict": []}'):
        path.write_bytes(content)
        with pytest.raises(InvalidFlow, match="cannot be read"):
            await found(tmp_path, "a", 1)


@pytest.mark.parametrize("folder", ["/etc", "../outside", "a\0b"])
async def test_a_folder_that_the_operator_did_not_set_aside_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(InvalidFlow, match="not allowed"):
        await store(tmp_path, basePath=folder)
