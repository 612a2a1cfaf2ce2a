"""Records and queries in a real MariaDB server."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import aiomysql  # type: ignore[import-untyped]
import pytest

from flowisectl.clients.mysql_records import MySqlAddress
from flowisectl.clients.sql_database import MySqlDatabase
from flowisectl.engine.indexing import indexed
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, MissingInput, Unavailable
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.record_manager import RecordedKey
from flowisectl.nodes.record_managers.my_sql_record_manager import MySQLRecordManager
from flowisectl.testing import run_context


async def build(place: dict[str, str], **inputs: Any) -> Any:
    values = {"host": place["host"], "database": place["database"], **inputs}
    credential = {"user": place["user"], "password": place.get("password", "")}
    return await MySQLRecordManager().build(NodeInputs(values, node_id="r_0", label="Records", credential=credential), run_context())


class Store:
    def __init__(self) -> None:
        self.rows: dict[str, Document] = {}

    async def add(self, documents: Any) -> None:
        self.rows |= {document.id: document for document in documents}

    async def search(self, question: str, count: int, conditions: Any = None) -> list[tuple[Document, float]]:
        return []

    async def delete(self, ids: Any) -> None:
        for id in ids:
            del self.rows[id]


async def test_records_survive_and_belong_to_their_namespace(mariadb_place: dict[str, str]) -> None:
    records = await build(mariadb_place)
    await asyncio.gather(*(records.prepare() for _ in range(4)))
    began = await records.now()
    await records.record([RecordedKey(key=f"k{place}", group_id="g", doc_id="d") for place in range(600)])

    again, other = await build(mariadb_place), await build(mariadb_place, namespace="else")

    assert len(await again.existing([f"k{place}" for place in range(550, 700)])) == 50
    assert (len(await again.keys(group_ids=["g"], doc_id="d")), await other.keys()) == (600, [])
    assert await again.keys(before=began) == [] and len(await again.keys(limit=7)) == 7
    await again.forget(["k1", "k2"])
    assert len(await again.keys()) == 598


async def test_an_older_table_gets_the_column_that_it_lacks(mariadb_place: dict[str, str]) -> None:
    records = await build(mariadb_place, tableName="older_records")
    address = MySqlAddress(
        host=mariadb_place["host"],
        port=int(mariadb_place.get("port", 3306)),
        database=mariadb_place["database"],
        user=mariadb_place["user"],
        password=mariadb_place.get("password", ""),
    )
    columns = "uuid VARCHAR(36) PRIMARY KEY DEFAULT (UUID()), `key` VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL"
    async with address.connect() as connection, connection.cursor() as cursor:
        await cursor.execute("SET SESSION sql_mode = ''")
        await cursor.execute(f"CREATE TABLE older_records ({columns}, updated_at DOUBLE NOT NULL, group_id LONGTEXT)")

    await asyncio.gather(*(records.prepare() for _ in range(4)))
    await records.record([RecordedKey(key="new", doc_id="d")])

    assert await records.keys(doc_id="d") == ["new"]


async def test_what_is_gone_is_deleted_and_what_is_there_is_skipped(mariadb_place: dict[str, str]) -> None:
    store, records = Store(), await build(mariadb_place, cleanup="full", tableName="kept_here")

    await indexed([Document(page_content="a"), Document(page_content="b")], store, records)
    again = await indexed([Document(page_content="b"), Document(page_content="c")], store, records)

    assert (len(again.added), again.skipped, again.deleted, again.total) == (1, 1, 1, 2)
    assert sorted(document.page_content for document in store.rows.values()) == ["b", "c"]


async def test_a_server_that_cannot_be_reached_is_told_without_the_password() -> None:
    records = await build({"host": "/nowhere/s", "user": "u", "password": "hidden-pw", "database": "d"})

    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        await records.prepare()
    assert "hidden-pw" not in str(caught.value) + repr(vars(records))
    with pytest.raises(MissingInput, match="needs a host"):
        await build({"host": "", "user": "u", "database": "d"})


async def test_a_database_is_read_and_cannot_be_written(mariadb_place: dict[str, str]) -> None:
    connection = await aiomysql.connect(unix_socket=mariadb_place["host"], user="root", db=mariadb_place["database"], autocommit=True)
    async with connection.cursor() as cursor:
        await cursor.execute("CREATE TABLE sold (item TEXT, price DOUBLE)")
        await cursor.execute("INSERT INTO sold VALUES ('tea', 2.5), ('ink', NULL)")
    connection.close()
    database = MySqlDatabase(f"mysql://root@/{mariadb_place['database']}?socket={quote(mariadb_place['host'], safe='')}", sample_rows=1)

    assert await database.tables() == "sold(item text, price double)\nitem | price\ntea | 2.5"
    for query in ("DELETE FROM sold", "DROP TABLE sold", "SELECT nothing", "SELECT 1; SELECT 2", "SELECT 1; COMMIT; DROP TABLE sold"):
        with pytest.raises(FlowError, match="MySQL refused the query"):
            await database.read(query)
    assert await database.read("SELECT count(*) AS n FROM sold") == "n\n2"
