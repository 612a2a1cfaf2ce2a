"""Table `document_store_file_chunk`: the pieces that a store's documents were split into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, new_id
from flowisectl.database.lookup import Row
from flowisectl.database.rows import can_hold, get_row, json_text, table_of


class DocumentStoreFileChunk(SQLModel, table=True):
    __tablename__ = "document_store_file_chunk"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    docId: str = Field(sa_type=Id)
    """The loader's id."""
    storeId: str = Field(sa_type=Id)
    chunkNo: int
    pageContent: str | None = Field(default=None, sa_type=sa.Text)
    # SQLModel itself has an attribute `metadata`, so this one has another name than its column.
    metadata_: str | None = Field(default=None, sa_type=sa.Text, sa_column_kwargs={"name": "metadata"})
    """JSON text."""


TABLE = table_of(DocumentStoreFileChunk)
INSERT_BATCH = 500


async def replace_chunks(connection: AsyncConnection, store_id: str, loader_id: str, chunks: Sequence[Mapping[str, Any]]) -> None:
    """Delete a loader's chunks and insert others, each `{pageContent, metadata}`; their numbers count from 1."""
    await connection.execute(TABLE.delete().where(*_of(store_id, loader_id)))
    rows = [
        {
            "id": new_id(),
            "docId": loader_id,
            "storeId": store_id,
            "chunkNo": number,
            "pageContent": str(chunk["pageContent"]).replace("\x00", ""),
            "metadata": json_text(chunk.get("metadata") or {}),
        }
        for number, chunk in enumerate(chunks, start=1)
    ]
    for start in range(0, len(rows), INSERT_BATCH):
        await connection.execute(TABLE.insert(), rows[start : start + INSERT_BATCH])


async def delete_loader_chunks(connection: AsyncConnection, store_id: str, loader_id: str) -> None:
    await connection.execute(TABLE.delete().where(*_of(store_id, loader_id)))


async def list_chunks(
    database: Database, store_id: str, loader_id: str | None = None, *, offset: int = 0, limit: int | None = None
) -> list[Row]:
    """The chunks of a store, or of one of its loaders, by loader and number."""
    if not can_hold(database, store_id) or (loader_id and not can_hold(database, loader_id)):
        return []
    statement = database.selection(TABLE).where(*_of(store_id, loader_id)).order_by(TABLE.c.docId, TABLE.c.chunkNo, TABLE.c.id)
    rows = await database.fetch(statement.offset(offset).limit(limit) if limit is not None else statement)
    # SQLAlchemy names the renamed column by a text of its own kind, which orjson refuses as a key.
    return [{str(name): value for name, value in row.items()} for row in rows]


async def count_chunks(database: Database, store_id: str, loader_id: str | None = None) -> int:
    if not can_hold(database, store_id) or (loader_id and not can_hold(database, loader_id)):
        return 0
    counted = await database.fetch(sa.select(sa.func.count().label("total")).select_from(TABLE).where(*_of(store_id, loader_id)))
    return int(counted[0]["total"])


async def get_chunk(database: Database, store_id: str, loader_id: str, chunk_id: str) -> Row | None:
    row = await get_row(database, TABLE, chunk_id)
    return row if row and row["storeId"] == store_id and row["docId"] == loader_id else None


async def write_chunk(connection: AsyncConnection, chunk_id: str, page_content: str, metadata: Any) -> None:
    """Change one chunk; its metadata may be data or text."""
    values = {"pageContent": page_content.replace("\x00", ""), "metadata": json_text(metadata)}
    await connection.execute(TABLE.update().where(TABLE.c.id == chunk_id).values(values))


async def delete_chunk(connection: AsyncConnection, chunk_id: str) -> None:
    await connection.execute(TABLE.delete().where(TABLE.c.id == chunk_id))


def _of(store_id: str, loader_id: str | None) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [TABLE.c.storeId == store_id]
    return [*conditions, TABLE.c.docId == loader_id] if loader_id else conditions
