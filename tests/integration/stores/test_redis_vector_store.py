"""The Redis vector store: over the wire of the search module, and with a real server that has no such module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import orjson
import pytest
from search_server import SearchServer

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores.redis import Redis
from flowisectl.supervisor.embedded import EmbeddedRedis
from flowisectl.testing import run_context


class Letters:
    """One dimension for each of a, b and c."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[text.count(letter) + 0.01 for letter in "abc"] for text in texts]

    async def embed_query(self, text: str) -> list[float]:
        return (await self.embed([text]))[0]


DOCUMENTS = [
    Document(page_content="aaa", metadata={"source": "well-known", "n": 1}, id="1"),
    Document(page_content="abb", metadata={"n": 2}, id="2"),
    Document(page_content="ccc", metadata={"n": 3, "deep": {"x": [1]}}, id="3"),
]


@pytest.fixture
async def server() -> AsyncIterator[SearchServer]:
    async with SearchServer() as running:
        yield running


async def build(url: str, output: str = "vectorStore", **inputs: Any) -> Any:
    values = {"embeddings": Letters(), "indexName": "shop", **inputs}
    return await Redis().build(NodeInputs(values, node_id="v_0", label="Redis", output=output, credential={"redisUrl": url}), run_context())


def url_of(server: SearchServer) -> str:
    return f"redis://127.0.0.1:{server.port}"


async def test_documents_are_found_again_with_their_metadata(server: SearchServer) -> None:
    await (await build(url_of(server))).add(DOCUMENTS)

    found = await (await build(url_of(server))).search("aab", 2)

    assert [(document.page_content, document.metadata) for document, _ in found] == [
        (document.page_content, document.metadata) for document in DOCUMENTS[:2]
    ]
    assert 0 <= found[0][1] <= found[1][1], "distances: the nearest comes first"


async def test_rows_are_those_of_flowise(server: SearchServer) -> None:
    store = await build(url_of(server), contentKey="text", vectorKey="v", metadataKey="more")

    await store.add(DOCUMENTS[:1])

    row = server.hashes[b"doc:shop:1"]
    assert (row[b"text"], len(row[b"v"])) == (b"aaa", 12)
    assert orjson.loads(row[b"more"].replace(b"\\-", b"-")) == DOCUMENTS[0].metadata and b"well\\-known" in row[b"more"]
    made = next(command for command in server.commands if command[0] == b"FT.CREATE")
    assert b" ".join(made) == (
        b"FT.CREATE shop ON HASH PREFIX 1 doc:shop: SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM 3 DISTANCE_METRIC COSINE text TEXT more TEXT"
    )


async def test_metadata_of_newer_clients_is_read(server: SearchServer) -> None:
    store = await build(url_of(server))
    await store.add(DOCUMENTS[:1])
    server.hashes[b"doc:shop:1"][b"metadata"] = rb"""{\"source\"\:\"well\-known \\"x\\"\",\"n\"\:1}"""

    found = await store.search("a", 1)

    assert found[0][0].metadata == {"source": 'well-known "x"', "n": 1}


async def test_an_index_is_made_once_and_replaced_only_when_asked(server: SearchServer) -> None:
    await (await build(url_of(server))).add(DOCUMENTS[:2])
    await (await build(url_of(server))).add(DOCUMENTS[2:])
    assert len(server.hashes) == 3

    replacing = await build(url_of(server), replaceIndex=True)
    await replacing.add(DOCUMENTS[:1])
    await replacing.add(DOCUMENTS[1:2])

    assert sorted(server.hashes) == [b"doc:shop:1", b"doc:shop:2"]


async def test_a_retriever_gives_as_many_as_the_node_says(server: SearchServer) -> None:
    await (await build(url_of(server))).add(DOCUMENTS)

    documents = await (await build(url_of(server), "retriever", topK="1")).retrieve("ccc")

    assert [document.metadata["n"] for document in documents] == [3]


async def test_metadata_values_may_be_asked_for_and_documents_forgotten(server: SearchServer) -> None:
    store = await build(url_of(server))
    await store.add(DOCUMENTS)

    assert [document.page_content for document, _ in await store.search("aaa", 2, {"n": 3})] == ["ccc"]
    await store.delete(["3", "unknown"])
    assert await store.search("aaa", 2, {"n": 3}) == []


async def test_a_missing_index_is_told(server: SearchServer) -> None:
    with pytest.raises(InvalidFlow, match="no index 'shop'"):
        await (await build(url_of(server))).search("a", 1)


async def test_a_server_without_the_module_is_told_what_to_use(valkey: EmbeddedRedis) -> None:
    store = await build(valkey.url)

    with pytest.raises(ProviderError, match="no search module: use Redis 8"):
        await store.add(DOCUMENTS)
    with pytest.raises(ProviderError, match="no search module"):
        await store.search("a", 1)
