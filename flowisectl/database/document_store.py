"""Table `document_store`: documents that were loaded, split and written into vector stores."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.attempt import Fence, Overtaken, is_not_overtaken
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.document_store_file_chunk import DocumentStoreFileChunk
from flowisectl.database.lookup import Row
from flowisectl.database.rows import can_hold, get_row, in_workspace, insert_row, json_text, json_value, paged_rows, table_of
from flowisectl.database.upsert_history import UpsertHistory


class DocumentStore(SQLModel, table=True):
    __tablename__ = "document_store"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str
    description: str | None = None
    loaders: str | None = Field(default=None, sa_type=sa.Text)
    """JSON text: the store's loaders."""
    whereUsed: str | None = Field(default=None, sa_type=sa.Text)
    """JSON text: ids of the flows that use the store."""
    status: str
    """EMPTY, SYNC, SYNCING, STALE, NEW, UPSERTING or UPSERTED."""
    vectorStoreConfig: str | None = Field(default=None, sa_type=sa.Text)
    embeddingConfig: str | None = Field(default=None, sa_type=sa.Text)
    recordManagerConfig: str | None = Field(default=None, sa_type=sa.Text)
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(DocumentStore)
_JSON_COLUMNS = ("loaders", "whereUsed", "vectorStoreConfig", "embeddingConfig", "recordManagerConfig")

Also = Callable[[AsyncConnection], Awaitable[None]]
"""What else is written in the same transaction."""


async def get_store(database: Database, store_id: str) -> Row | None:
    """One row, as it is stored: its JSON columns are text."""
    return await get_row(database, TABLE, store_id)


async def list_stores(
    database: Database, workspace_id: str | None, page: int | None = None, limit: int | None = None
) -> tuple[list[Row], int]:
    """The workspace's stores, the last changed first, and how many there are in all."""
    order = (TABLE.c.updatedDate.desc(), TABLE.c.id)
    return await paged_rows(database, TABLE, in_workspace(TABLE, workspace_id), order=order, page=page, limit=limit)


async def insert_store(database: Database, values: Mapping[str, Any]) -> Row:
    """Insert a store; JSON columns take data or text."""
    row = {
        **values,
        **{name: json_text(values.get(name)) for name in _JSON_COLUMNS},
        "description": values.get("description"),
        "status": values.get("status") or "EMPTY",
        "workspaceId": values.get("workspaceId") or None,
    }
    return await insert_row(database, TABLE, row)


async def change_store(
    database: Database,
    store_id: str,
    change: Callable[[Row], Mapping[str, Any]],
    *,
    also: Also | None = None,
    fence: Fence | None = None,
) -> Row | None:
    """Change a row by what it holds now, and give it whole; None when there is none.

    The row is locked from reading to writing, so that of two changes of one JSON column none is lost. `change` gives columns
    (JSON columns as data or text); what it raises rolls everything back. Raises Overtaken, and has changed nothing then, when the
    job of the `fence` has begun again.
    """
    if not can_hold(database, store_id):
        return None
    selection = database.selection(TABLE).where(TABLE.c.id == store_id)
    async with database.write() as connection:
        found = (await connection.execute(selection.with_for_update())).mappings().first()
        if found is None:
            return None
        changes = dict(change(dict(found)))
        for name in _JSON_COLUMNS:
            if name in changes:
                changes[name] = json_text(changes[name])
        is_allowed = [is_not_overtaken(fence)] if fence is not None else []
        update = TABLE.update().where(TABLE.c.id == store_id, *is_allowed).values(**changes, updatedDate=utc_now())
        if not (await connection.execute(update)).rowcount:
            raise Overtaken(f"document store {store_id} is written by a newer run")
        if also is not None:
            await also(connection)
        return dict((await connection.execute(selection)).mappings().one())


async def delete_store(database: Database, store_id: str, workspace_id: str | None) -> int:
    """Delete a store of this workspace with its chunks and its history of upserts; how many stores there were."""
    if not can_hold(database, store_id):
        return 0
    chunks, history = table_of(DocumentStoreFileChunk), table_of(UpsertHistory)
    async with database.write() as connection:
        deleted = await connection.execute(TABLE.delete().where(TABLE.c.id == store_id, in_workspace(TABLE, workspace_id)))
        if deleted.rowcount:
            await connection.execute(chunks.delete().where(chunks.c.storeId == store_id))
            await connection.execute(history.delete().where(history.c.chatflowid == store_id))
        return int(deleted.rowcount)


def component_of(row: Mapping[str, Any], column: str) -> tuple[str, dict[str, Any]] | None:
    """`(name, config)` of a configured component (`{name, config}` as JSON text); None when there is none."""
    value = json_value(row[column])
    if not isinstance(value, Mapping) or not value.get("name"):
        return None
    config = value.get("config")
    return str(value["name"]), dict(config) if isinstance(config, Mapping) else {}
