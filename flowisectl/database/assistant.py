"""Table `assistant`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import delete_row, get_row, in_workspace, insert_row, table_of, update_row


class Assistant(SQLModel, table=True):
    __tablename__ = "assistant"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    details: str = Field(sa_type=sa.Text)
    """JSON text."""
    credential: str = Field(sa_type=Id)
    iconSrc: str | None = None
    type: str | None = Field(default=None, sa_type=sa.Text)
    """`CUSTOM`, `OPENAI` or `AZURE`."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(Assistant)


async def get_assistant(database: Database, assistant_id: str) -> Row | None:
    return await get_row(database, TABLE, assistant_id)


async def list_assistants(database: Database, workspace_id: str | None, type: str | None = None) -> list[Row]:
    """The workspace's assistants of one type, or of all; the last changed first."""
    conditions = [in_workspace(TABLE, workspace_id)]
    if type:
        conditions.append(TABLE.c.type == type)
    return await database.fetch(database.selection(TABLE).where(*conditions).order_by(TABLE.c.updatedDate.desc(), TABLE.c.id))


async def insert_assistant(database: Database, values: Mapping[str, Any]) -> Row:
    return await insert_row(database, TABLE, values)


async def update_assistant(database: Database, assistant_id: str, changes: Mapping[str, Any]) -> Row | None:
    return await update_row(database, TABLE, assistant_id, changes)


async def delete_assistant(database: Database, assistant_id: str, workspace_id: str | None) -> int:
    return await delete_row(database, TABLE, assistant_id, in_workspace(TABLE, workspace_id))
