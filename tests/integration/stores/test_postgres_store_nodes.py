"""Vectors and records in a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from flowisectl.clients.pgvector import PostgresAddress
from flowisectl.engine.indexing import indexed
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError, Unavailable
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.record_manager import RecordedKey
from flowisectl.nodes.record_managers.postgres_record_manager import PostgresRecordManager
from flowisectl.nodes.vector_stores.postgres import Postgres
from flowisectl.testing import run_context


class Letters:
    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(text.count(letter)) for letter in "abc"] for text in texts]


async def build(node: Any, place: dict[str, str], **inputs: Any) -> Any:
    values = {"embeddings": Letters(), "host": place["host"], "database": place["database"], **inputs}
    credential = {"user": place["user"], "password": "pg-secret-1"}
    return await node.build(NodeInputs(values, node_id="p_0", label="Postgres", output="vectorStore", credential=credential), run_context())


@pytest.fixture
def with_pgvector(postgres_nodes_server: Any) -> None:
    if "vector" not in postgres_nodes_server.psql("SELECT name FROM pg_available_extensions WHERE name = 'vector'"):
        pytest.skip("this PostgreSQL has no pgvector")


def texts(found: list[tuple[Document, float]]) -> list[str]:
    return [document.page_content for document, _ in found]


@pytest.mark.usefixtures("with_pgvector")
class TestVectors:
    async def test_documents_are_found_with_their_metadata(self, postgres_place: dict[str, str]) -> None:
        store = await build(Postgres(), postgres_place)
        await store.add(
            [
                Document(page_content="aa\0", metadata={"source": 'it\'s "x"', "n": 1}),
                Document(page_content="bb"),
                Document(page_content="ab"),
            ]
        )

        found = await (await build(Postgres(), postgres_place)).search("a", 2)

        assert texts(found) == ["aa", "ab"]
        assert found[0][0].metadata == {"source": 'it\'s "x"', "n": 1}
        assert found[0][1] == pytest.approx(0.0)

    async def test_an_equal_id_replaces_and_ids_are_forgotten(self, postgres_place: dict[str, str]) -> None:
        store = await build(Postgres(), postgres_place)
        await store.add([Document(page_content="aa", id="one"), Document(page_content="bb", id="two")])

        await store.add([Document(page_content="cc", id="one")])
        await store.delete(["two", "unknown"])

        assert texts(await store.search("c", 5)) == ["cc"]

    async def test_conditions_are_values_and_never_sql(self, postgres_place: dict[str, str]) -> None:
        store = await build(Postgres(), postgres_place, pgMetadataFilter='{"kind": {"in": ["x", "y"]}}')
        kinds = [("aa", "x"), ("ab", "y"), ("ac", "z")]
        await store.add([Document(page_content=text, metadata={"kind": kind, "o'": 'q"; --'}) for text, kind in kinds])

        assert texts(await store.search("a", 5)) == ["aa", "ab"]
        assert texts(await store.search("a", 5, {"o'": 'q"; --'})) == ["aa", "ab"]
        assert await store.search("a", 5, {"o'": "' OR '1'='1"}) == []

    async def test_a_chat_sees_its_own_uploads_and_what_is_no_chats(self, postgres_place: dict[str, str]) -> None:
        store = await build(Postgres(), postgres_place, fileUpload=True)
        chats: list[tuple[str, dict[str, str]]] = [("aa", {}), ("ab", {"flowise_chatId": "chat-1"}), ("ac", {"flowise_chatId": "chat-2"})]
        await store.add([Document(page_content=text, metadata=metadata) for text, metadata in chats])

        assert texts(await store.search("a", 5)) == ["aa", "ab"]

    @pytest.mark.parametrize("strategy", ["cosine", "euclidean", "innerProduct"])
    async def test_the_distance_is_chosen(self, postgres_place: dict[str, str], strategy: str) -> None:
        store = await build(
            Postgres(), postgres_place, distanceStrategy=strategy, tableName='odd "name', contentColumnName="text", batchSize="1"
        )
        await store.add([Document(page_content="a"), Document(page_content="b")])

        assert texts(await store.search("a", 1)) == ["a"]

    async def test_many_writers_may_begin_at_once(self, postgres_place: dict[str, str]) -> None:
        stores = [await build(Postgres(), postgres_place) for _ in range(5)]

        await asyncio.gather(*(store.add([Document(page_content="aa")]) for store in stores))

        assert len(await stores[0].search("a", 10)) == 5

    async def test_what_is_wrong_is_told_without_the_password(self, postgres_place: dict[str, str]) -> None:
        store = await build(Postgres(), {**postgres_place, "database": "gone"})

        with pytest.raises(ProviderError, match="gone") as caught:
            await store.search("a", 1)
        assert "pg-secret-1" not in str(caught.value)
        with pytest.raises(MissingInput, match="needs a host"):
            await build(Postgres(), postgres_place, host="")


class TestRecords:
    async def test_records_know_what_was_written(self, postgres_place: dict[str, str]) -> None:
        records = await build(PostgresRecordManager(), postgres_place, cleanup="full", namespace="n1")
        other = await build(PostgresRecordManager(), postgres_place, namespace="n2")
        await records.prepare()
        began = await records.now()
        await records.record([RecordedKey(key="k1", group_id="g1", doc_id="d1"), RecordedKey(key="k2")])

        assert await records.existing(["k1", "k3"]) == {"k1"}
        assert await other.existing(["k1"]) == set()
        assert await records.keys(group_ids=["g1"]) == await records.keys(doc_id="d1") == ["k1"]
        assert await records.keys(before=began) == []
        await records.record([RecordedKey(key="k1")])
        assert len(await records.keys(limit=1)) == 1
        await records.forget(["k1"])
        assert await records.keys() == ["k2"]

    async def test_an_older_table_gets_the_column_that_it_lacks(self, postgres_place: dict[str, str]) -> None:
        records = await build(PostgresRecordManager(), postgres_place, tableName="older_records", namespace="n")
        address = PostgresAddress(
            host=postgres_place["host"], database=postgres_place["database"], user=postgres_place["user"], password="pg-secret-1"
        )
        columns = "uuid UUID PRIMARY KEY DEFAULT gen_random_uuid(), key TEXT NOT NULL, namespace TEXT NOT NULL"
        async with address.connect() as connection:
            await connection.execute(f"CREATE TABLE older_records ({columns}, updated_at FLOAT8, group_id TEXT, UNIQUE (key, namespace))")

        await asyncio.gather(*(records.prepare() for _ in range(4)))
        await records.record([RecordedKey(key="new", doc_id="d")])

        assert await records.keys(doc_id="d") == ["new"]

    @pytest.mark.usefixtures("with_pgvector")
    async def test_a_second_write_adds_skips_and_deletes(self, postgres_place: dict[str, str]) -> None:
        store = await build(Postgres(), postgres_place)
        records = await build(PostgresRecordManager(), postgres_place, cleanup="incremental")

        def documents(*words: str) -> list[Document]:
            return [Document(page_content=word, metadata={"source": "s"}) for word in words]

        first = await indexed(documents("aa", "ab"), store, records)
        second = await indexed(documents("aa", "ac"), store, records)

        assert (len(first.added), first.skipped, first.deleted) == (2, 0, 0)
        assert (len(second.added), second.skipped, second.deleted, second.total) == (1, 1, 1, 2)
        assert sorted(texts(await store.search("a", 5))) == ["aa", "ac"]

    async def test_a_database_that_is_not_there_is_told(self, postgres_place: dict[str, str]) -> None:
        with pytest.raises(Unavailable, match="gone"):
            await (await build(PostgresRecordManager(), {**postgres_place, "database": "gone"})).prepare()
