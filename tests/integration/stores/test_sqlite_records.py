"""Records in a SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flowisectl.engine.indexing import indexed
from flowisectl.engine.local_paths import LocalPaths
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.upsert import fill_store
from flowisectl.errors import InvalidFlow, Unavailable
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.record_manager import RecordedKey
from flowisectl.nodes.record_managers.sqlite_record_manager import SQLiteRecordManager
from flowisectl.testing import run_context


async def build(path: Path, **inputs: Any) -> Any:
    values = {"additionalConfig": {"database": str(path)}, **inputs}
    return await SQLiteRecordManager().build(NodeInputs(values, node_id="r_0", label="Records"), run_context())


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


async def test_records_survive_and_belong_to_their_namespace(tmp_path: Path) -> None:
    records = await build(tmp_path / "new" / "records.sqlite")
    await records.prepare()
    await records.record([RecordedKey(key=f"k{place}", group_id="g") for place in range(1200)])

    again = await build(tmp_path / "new" / "records.sqlite")
    other = await build(tmp_path / "new" / "records.sqlite", namespace="else")

    assert len(await again.existing([f"k{place}" for place in range(1100, 1300)])) == 100
    assert (len(await again.keys(group_ids=["g"])), await other.keys()) == (1200, [])
    assert await again.keys(group_ids=[]) == []
    assert (records.namespace, records.cleanup, records.source_id_key) == ("flow-1", "none", "source")


async def test_an_older_table_gets_the_column_that_it_lacks(tmp_path: Path) -> None:
    columns = "uuid TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))), key TEXT NOT NULL, namespace TEXT NOT NULL"
    with closing(sqlite3.connect(tmp_path / "r.sqlite")) as connection, connection:
        connection.execute(f"CREATE TABLE upsertion_records ({columns}, updated_at REAL, group_id TEXT, UNIQUE (key, namespace))")
        connection.execute("INSERT INTO upsertion_records (key, namespace, updated_at) VALUES ('old', 'flow-1', 1.0)")
    records = await build(tmp_path / "r.sqlite")

    await records.prepare()
    await records.prepare()
    await records.record([RecordedKey(key="new", doc_id="d")])

    assert (await records.keys(), await records.keys(doc_id="d")) == (["old", "new"], ["new"])


async def test_a_second_write_skips_what_is_there(tmp_path: Path) -> None:
    store, records = Store(), await build(tmp_path / "r.sqlite")

    await indexed([Document(page_content="a")], store, records)
    again = await indexed([Document(page_content="a"), Document(page_content="b")], store, records)

    assert (len(again.added), again.skipped, again.total, len(store.rows)) == (1, 1, 2, 2)


async def test_many_writers_may_begin_at_once(tmp_path: Path) -> None:
    managers = [await build(tmp_path / "r.sqlite") for _ in range(6)]

    async def write(place: int) -> None:
        await managers[place].prepare()
        await managers[place].record([RecordedKey(key=f"k{place}")])

    await asyncio.gather(*(write(place) for place in range(6)))

    assert len(await managers[0].keys()) == 6


@pytest.mark.parametrize("name", ['x"; DROP TABLE y', "", "1x", "a" * 64, "a b"])
async def test_a_table_needs_a_plain_name(tmp_path: Path, name: str) -> None:
    if not name:
        assert (await build(tmp_path / "r.sqlite", tableName=name)).cleanup == "none"
        return
    with pytest.raises(InvalidFlow, match="no name for the table"):
        await build(tmp_path / "r.sqlite", tableName=name)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "r.sqlite").write_bytes(b"no database" * 200)

    with pytest.raises(Unavailable, match=r"r\.sqlite cannot be reached"):
        await (await build(tmp_path / "r.sqlite")).prepare()
    with pytest.raises(InvalidFlow, match="not allowed"):
        await build(Path(f"{tmp_path}/../r.sqlite"))


async def test_without_a_path_the_server_s_own_database_holds_the_records(tmp_path: Path) -> None:
    own = tmp_path / "database.sqlite"
    records = await SQLiteRecordManager().build(NodeInputs({}, node_id="r_0"), run_context(paths=LocalPaths(own_database=own)))

    await records.prepare()

    assert own.is_file()


async def test_stores_that_have_a_name_have_records_of_their_own(tmp_path: Path) -> None:
    class Named(Store):
        records_name = "shelf"

    path, documents = tmp_path / "r.sqlite", [Document(page_content="a")]

    await fill_store(Store(), documents, await build(path))
    named = await fill_store(Named(), documents, records := await build(path))

    assert (named.counts["numAdded"], records.namespace) == (1, "flow-1_shelf")
