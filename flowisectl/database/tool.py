"""Table `tool`: custom tools, whose function is JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import delete_row, get_row, in_workspace, insert_row, paged_rows, table_of, update_row


class Tool(SQLModel, table=True):
    __tablename__ = "tool"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str
    description: str = Field(sa_type=sa.Text)
    color: str
    iconSrc: str | None = None
    # SQLModel itself has a method `schema`, so the attribute has another name than its column.
    schema_: str | None = Field(default=None, sa_type=sa.Text, sa_column_kwargs={"name": "schema"})
    """JSON text: a list of `{property, type, description, required}`."""
    func: str | None = Field(default=None, sa_type=sa.Text)
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(Tool)


async def get_tool(database: Database, tool_id: str) -> Row | None:
    return await get_row(database, TABLE, tool_id)


async def list_tools(
    database: Database, workspace_id: str | None, page: int | None = None, limit: int | None = None
) -> tuple[list[Row], int]:
    """The workspace's tools, the last changed first, and how many there are in all."""
    order = (TABLE.c.updatedDate.desc(), TABLE.c.id)
    return await paged_rows(database, TABLE, in_workspace(TABLE, workspace_id), order=order, page=page, limit=limit)


async def insert_tool(database: Database, values: Mapping[str, Any]) -> Row:
    return await insert_row(database, TABLE, values)


async def update_tool(database: Database, tool_id: str, changes: Mapping[str, Any]) -> Row | None:
    return await update_row(database, TABLE, tool_id, changes)


async def delete_tool(database: Database, tool_id: str, workspace_id: str | None) -> int:
    return await delete_row(database, TABLE, tool_id, in_workspace(TABLE, workspace_id))
