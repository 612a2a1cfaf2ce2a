"""Document stores and their chunks, in each kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from flowisectl.database.accounts import register_account
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import Database
from flowisectl.database.document_store import change_store, component_of, delete_store, get_store, insert_store, list_stores
from flowisectl.database.document_store_file_chunk import (
    count_chunks,
    delete_chunk,
    delete_loader_chunks,
    get_chunk,
    list_chunks,
    replace_chunks,
    write_chunk,
)
from flowisectl.database.lookup import Row
from flowisectl.database.upsert_history import insert_upsert_history, list_upsert_history


@pytest.fixture
async def workspace_id(database: Database) -> str:
    made = await register_account(database, name="A", email="a@example.com", password_hash="hash")
    return str(made["workspace"]["id"])


@pytest.fixture
async def store(database: Database, workspace_id: str) -> Row:
    return await insert_store(database, {"name": "s", "workspaceId": workspace_id, "embeddingConfig": {"name": "e", "config": {"a": 1}}})


async def put(database: Database, store: Row, loader_id: str, *texts: str) -> None:
    async with database.write() as connection:
        await replace_chunks(connection, store["id"], loader_id, [{"pageContent": text, "metadata": {"t": text[:5]}} for text in texts])


async def test_stores_are_made_listed_and_deleted_with_chunks_and_history(database: Database, workspace_id: str, store: Row) -> None:
    await put(database, store, new_id(), "a")
    await insert_upsert_history(database, {"chatflowid": store["id"], "result": {}, "flowData": []})

    listed, total = await list_stores(database, workspace_id, 1, 10)
    others, _ = await list_stores(database, new_id())
    refused = await delete_store(database, store["id"], new_id())
    deleted = await delete_store(database, store["id"], workspace_id)

    assert ([row["name"] for row in listed], total, others) == (["s"], 1, [])
    assert component_of(listed[0], "embeddingConfig") == ("e", {"a": 1})
    assert component_of(listed[0], "vectorStoreConfig") is None
    assert (refused, deleted) == (0, 1)
    assert await get_store(database, store["id"]) is None
    assert await count_chunks(database, store["id"]) == 0
    assert await list_upsert_history(database, store["id"]) == []


async def test_changes_at_the_same_time_are_all_kept(database: Database, store: Row) -> None:
    def add(number: int) -> Any:
        def change(row: Row) -> Mapping[str, Any]:
            return {"loaders": [*orjson.loads(row["loaders"] or "[]"), number]}

        return change

    await asyncio.gather(*(change_store(database, store["id"], add(number)) for number in range(12)))

    row = await get_store(database, store["id"])
    assert row is not None
    assert sorted(orjson.loads(row["loaders"])) == list(range(12))


async def test_a_change_and_what_belongs_to_it_are_written_together_or_not_at_all(database: Database, store: Row) -> None:
    async def fail(connection: Any) -> None:
        raise LookupError("no")

    with pytest.raises(LookupError):
        await change_store(database, store["id"], lambda row: {"status": "SYNC"}, also=fail)

    row = await get_store(database, store["id"])
    assert row is not None and row["status"] == "EMPTY"
    assert await change_store(database, new_id(), lambda row: {}) is None
    assert await change_store(database, "no uuid", lambda row: {}) is None


async def test_chunks_are_replaced_paged_changed_and_deleted(database: Database, store: Row) -> None:
    first, second = sorted([new_id(), new_id()])
    await put(database, store, first, "old")
    await put(database, store, first, *(f"text {number}" for number in range(7)))
    await put(database, store, second, "with a\x00NUL")

    page = await list_chunks(database, store["id"], first, offset=5, limit=5)
    whole = await list_chunks(database, store["id"])
    async with database.write() as connection:
        await write_chunk(connection, whole[0]["id"], "changed", {"x": [1]})
        await delete_chunk(connection, whole[1]["id"])
        await delete_loader_chunks(connection, store["id"], second)
    changed = await get_chunk(database, store["id"], first, whole[0]["id"])

    assert [(chunk["chunkNo"], chunk["pageContent"]) for chunk in page] == [(6, "text 5"), (7, "text 6")]
    assert [chunk["pageContent"] for chunk in whole][-1] == "with aNUL"
    assert changed is not None
    assert (changed["pageContent"], orjson.loads(changed["metadata"])) == ("changed", {"x": [1]})
    assert await count_chunks(database, store["id"]) == 6
    assert await get_chunk(database, new_id(), first, whole[0]["id"]) is None
    assert await list_chunks(database, "no uuid") == []
    assert orjson.dumps(page)


async def test_many_chunks_are_written_in_lots(database: Database, store: Row) -> None:
    await put(database, store, new_id(), *map(str, range(1203)))

    assert await count_chunks(database, store["id"]) == 1203


async def test_an_upsert_is_kept_once(database: Database) -> None:
    row = {"id": new_id(), "chatflowid": new_id(), "result": {"numAdded": 1}, "flowData": []}

    for _ in range(2):
        await insert_upsert_history(database, row)

    assert len(await list_upsert_history(database, row["chatflowid"])) == 1
