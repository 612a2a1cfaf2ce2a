"""Table `custom_template`: flows and tools that a workspace keeps as templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import delete_row, in_workspace, insert_row, paged_rows, table_of


class CustomTemplate(SQLModel, table=True):
    __tablename__ = "custom_template"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str
    flowData: str = Field(sa_type=sa.Text)
    description: str | None = None
    badge: str | None = None
    framework: str | None = None
    usecases: str | None = None
    type: str | None = None
    """`Chatflow`, `Agentflow`, `AgentflowV2` or `Tool`."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(CustomTemplate)


async def list_templates(
    database: Database, workspace_id: str | None, page: int | None = None, limit: int | None = None
) -> tuple[list[Row], int]:
    """The workspace's templates, the last changed first, and how many there are in all."""
    order = (TABLE.c.updatedDate.desc(), TABLE.c.id)
    return await paged_rows(database, TABLE, in_workspace(TABLE, workspace_id), order=order, page=page, limit=limit)


async def insert_template(database: Database, values: Mapping[str, Any]) -> Row:
    return await insert_row(database, TABLE, values)


async def delete_template(database: Database, template_id: str, workspace_id: str | None) -> int:
    return await delete_row(database, TABLE, template_id, in_workspace(TABLE, workspace_id))
