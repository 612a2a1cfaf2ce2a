"""Table `workspace`: flows, credentials and keys belong to one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import get_row, table_of


class Workspace(SQLModel, table=True):
    __tablename__ = "workspace"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str = Field(max_length=100)
    description: str | None = Field(default=None, sa_type=sa.Text)
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    organizationId: str = Field(sa_type=Id)
    createdBy: str = Field(sa_type=Id)
    updatedBy: str = Field(sa_type=Id)


TABLE = table_of(Workspace)


async def get_workspace(database: Database, workspace_id: str) -> Row | None:
    return await get_row(database, TABLE, workspace_id)


async def first_workspace(database: Database) -> Row | None:
    """The oldest workspace, which command-line work goes to; None before the first account."""
    rows = await database.fetch(database.selection(TABLE).order_by(TABLE.c.createdDate, TABLE.c.id).limit(1))
    return rows[0] if rows else None
