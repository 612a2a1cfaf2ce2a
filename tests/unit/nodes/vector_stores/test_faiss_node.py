"""The store in a folder of the server."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import orjson
import pytest
from service_answers import TinyEmbeddings

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores.faiss import Faiss
from flowisectl.testing import run_context


async def store(folder: Path | str, **inputs: Any) -> Any:
    values = {"embeddings": TinyEmbeddings(), "basePath": str(folder), **inputs}
    return await Faiss().build(NodeInputs(values, node_id="f_0", label="Faiss", output="vectorStore"), run_context())


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def documents(*texts: str) -> list[Document]:
    return [Document(page_content=text, metadata={"source": text}) for text in texts]


async def test_what_was_written_is_found_again_by_another_object(tmp_path: Path) -> None:
    await (await store(tmp_path / "new")).add(documents("aa", "ab", "bb"))

    found = await (await store(tmp_path / "new")).search("aaa", 2)

    assert [(document.page_content, round(score, 6)) for document, score in found] == [("aa", 0.0), ("ab", 0.5)]
    assert found[0][0].metadata == {"source": "aa"}


async def test_the_files_are_those_of_faiss_and_of_flowise(tmp_path: Path) -> None:
    await (await store(tmp_path)).add([Document(page_content="aa", metadata={"k": 1}, id="id-1")])

    data = (tmp_path / "faiss.index").read_bytes()
    assert data[:4] == b"IxF2"
    assert struct.unpack_from("<iq", data, 4) == (2, 1)
    assert struct.unpack_from("<Q2f", data, 37) == (2, 1.0, 0.0)
    assert orjson.loads((tmp_path / "docstore.json").read_bytes()) == [
        [["id-1", {"pageContent": "aa", "metadata": {"k": 1}}]],
        {"0": "id-1"},
    ]
    assert names_in(tmp_path) == ["docstore.json", "faiss.index"]


async def test_a_later_write_replaces_what_was_there(tmp_path: Path) -> None:
    await (await store(tmp_path)).add(documents("aa"))

    await (await store(tmp_path)).add(documents("bb"))

    assert [document.page_content for document, _ in await (await store(tmp_path)).search("a", 5)] == ["bb"]


async def test_lots_of_one_write_belong_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowisectl.retrieval.embedded_store.EMBEDDED_AT_ONCE", 1)

    await (await store(tmp_path)).add(documents("aa", "bb"))

    assert len(await (await store(tmp_path)).search("a", 5)) == 2


async def test_documents_are_chosen_by_their_metadata_and_forgotten_by_their_ids(tmp_path: Path) -> None:
    opened = await store(tmp_path)
    await opened.add([Document(page_content=text, metadata={"source": text}, id=text) for text in ("aa", "ab")])

    assert [document.page_content for document, _ in await opened.search("a", 5, {"source": "ab"})] == ["ab"]
    await opened.delete(["aa", "unknown"])
    assert [document.page_content for document, _ in await opened.search("a", 5)] == ["ab"]


async def test_a_folder_without_an_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidFlow, match="fill the vector store first"):
        await (await store(tmp_path)).search("a", 1)


@pytest.mark.parametrize("broken", [b"", b"IxHN" + bytes(60), b"IxF2" + bytes(60)])
async def test_an_index_of_another_kind_is_refused(tmp_path: Path, broken: bytes) -> None:
    await (await store(tmp_path)).add(documents("aa"))
    (tmp_path / "faiss.index").write_bytes(broken)

    with pytest.raises(InvalidFlow, match="no flat index"):
        await (await store(tmp_path)).search("a", 1)


async def test_vectors_of_another_model_are_refused(tmp_path: Path) -> None:
    class Wide(TinyEmbeddings):
        async def embed(self, texts: Any) -> list[list[float]]:
            return [[1.0, 2.0, 3.0] for _ in texts]

    await (await store(tmp_path)).add(documents("aa"))

    with pytest.raises(InvalidFlow, match="vectors of 2 numbers, the embedding model gives 3"):
        await (await store(tmp_path, embeddings=Wide())).search("a", 1)


async def test_paths_that_lead_upwards_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidFlow, match="not allowed"):
        await store(f"{tmp_path}/../elsewhere")


async def test_an_index_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    reader = await store(tmp_path)
    await (await store(tmp_path)).add(documents("aa"))
    assert [document.page_content for document, _ in await reader.search("a", 5)] == ["aa"]

    await (await store(tmp_path)).add(documents("bb", "ab"))

    assert sorted(document.page_content for document, _ in await reader.search("a", 5)) == ["ab", "bb"]


async def test_a_write_that_breaks_off_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(TinyEmbeddings):
        async def embed(self, texts: Any) -> list[list[float]]:
            if "bad" in texts:
                raise InvalidFlow("no")
            return await super().embed(texts)

    monkeypatch.setattr("flowisectl.retrieval.embedded_store.EMBEDDED_AT_ONCE", 1)
    await (await store(tmp_path)).add(documents("aa"))

    with pytest.raises(InvalidFlow, match="no"):
        await (await store(tmp_path, embeddings=Failing())).add(documents("bb", "bad"))

    assert [document.page_content for document, _ in await (await store(tmp_path)).search("a", 5)] == ["aa"]


async def test_the_last_document_can_be_deleted(tmp_path: Path) -> None:
    opened = await store(tmp_path)
    await opened.add([Document(page_content="aa", id="x")])

    await opened.delete(["x"])

    assert await opened.search("a", 5) == []
