"""Table `apikey`: keys of API clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, TextList, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Lookup, Row
from flowisectl.database.rows import delete_row, get_row, in_workspace, insert_row, paged_rows, table_of, update_row
from flowisectl.database.workspace import Workspace


class ApiKey(SQLModel, table=True):
    __tablename__ = "apikey"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    apiKey: str
    """In clear, as Flowise keeps it: the list of keys shows it."""
    apiSecret: str
    """See secrets.api_keys."""
    keyName: str
    permissions: list[str] = Field(default_factory=list, sa_type=TextList)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str | None = Field(default=None, sa_type=Id)


TABLE = table_of(ApiKey)
_BY_TEXT = Lookup(sa.select(TABLE).where(TABLE.c.apiKey == sa.bindparam("key", type_=sa.String)))


async def api_key_by_text(database: Database, key: str) -> Row | None:
    """The row of this key text; its secret is still to be checked (secrets.api_keys)."""
    return await database.find(_BY_TEXT, {"key": key}) if key and "\x00" not in key else None


async def get_api_key(database: Database, key_id: str) -> Row | None:
    return await get_row(database, TABLE, key_id)


async def list_api_keys(
    database: Database, workspace_id: str | None, page: int | None = None, limit: int | None = None
) -> tuple[list[Row], int]:
    """The workspace's keys, the last changed first, and how many there are in all; see chat_flow.flows_bound_to for their flows."""
    order = (TABLE.c.updatedDate.desc(), TABLE.c.keyName, TABLE.c.id)
    return await paged_rows(database, TABLE, in_workspace(TABLE, workspace_id), order=order, page=page, limit=limit)


async def api_keys_of_workspaces(database: Database, workspace_ids: Sequence[str]) -> list[Row]:
    return await database.fetch(sa.select(TABLE).where(TABLE.c.workspaceId.in_(list(workspace_ids))).order_by(TABLE.c.updatedDate.desc()))


async def names_and_permissions(database: Database, organization_id: str) -> list[Row]:
    """`{keyName, permissions}` of the keys of an organization's workspaces, the last changed first."""
    workspaces = table_of(Workspace)
    own = sa.select(workspaces.c.id).where(workspaces.c.organizationId == organization_id)
    statement = sa.select(TABLE.c.keyName, TABLE.c.permissions).where(TABLE.c.workspaceId.in_(own))
    return await database.fetch(statement.order_by(TABLE.c.updatedDate.desc(), TABLE.c.keyName))


async def insert_api_key(database: Database, values: Mapping[str, Any]) -> Row:
    return await insert_row(database, TABLE, {"permissions": [], **values})


async def update_api_key(database: Database, key_id: str, changes: Mapping[str, Any]) -> Row | None:
    return await update_row(database, TABLE, key_id, changes)


async def delete_api_key(database: Database, key_id: str, workspace_id: str | None) -> int:
    return await delete_row(database, TABLE, key_id, in_workspace(TABLE, workspace_id))
