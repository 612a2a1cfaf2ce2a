"""Table `variable`: values that flows read as `{{$vars.name}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import delete_row, get_row, in_workspace, insert_row, paged_rows, table_of, update_row


class Variable(SQLModel, table=True):
    __tablename__ = "variable"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str
    value: str = Field(sa_type=sa.Text)
    type: str | None = None
    """`static`, or `runtime`: the value is read from the process environment."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(Variable)


async def get_variable(database: Database, variable_id: str) -> Row | None:
    return await get_row(database, TABLE, variable_id)


async def workspace_variables(database: Database, workspace_id: str | None) -> list[Row]:
    """`{name, value, type}` of every variable of a workspace, for runs."""
    return await database.fetch(sa.select(TABLE.c.name, TABLE.c.value, TABLE.c.type).where(in_workspace(TABLE, workspace_id)))


async def list_variables(
    database: Database, workspace_id: str | None, page: int | None = None, limit: int | None = None
) -> tuple[list[Row], int]:
    """The workspace's variables, the last changed first, and how many there are in all."""
    order = (TABLE.c.updatedDate.desc(), TABLE.c.id)
    return await paged_rows(database, TABLE, in_workspace(TABLE, workspace_id), order=order, page=page, limit=limit)


async def insert_variable(database: Database, values: Mapping[str, Any]) -> Row:
    return await insert_row(database, TABLE, values)


async def update_variable(database: Database, variable_id: str, changes: Mapping[str, Any]) -> Row | None:
    return await update_row(database, TABLE, variable_id, changes)


async def delete_variable(database: Database, variable_id: str, workspace_id: str | None) -> int:
    return await delete_row(database, TABLE, variable_id, in_workspace(TABLE, workspace_id))
