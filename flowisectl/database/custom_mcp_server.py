"""Table `custom_mcp_server`: MCP servers that a workspace's agents may use. Databases older than Flowise 3.1.3 do not have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from flowisectl.database.access import Database
from flowisectl.database.column_types import Id, UtcDate, new_id, utc_now
from flowisectl.database.lookup import Row
from flowisectl.database.rows import delete_row, get_row, insert_row, paged_rows, table_of, update_row
from flowisectl.errors import InvalidRequest


class CustomMcpServer(SQLModel, table=True):
    __tablename__ = "custom_mcp_server"

    id: str = Field(default_factory=new_id, sa_type=Id, primary_key=True)
    name: str
    serverUrl: str = Field(sa_type=sa.Text)
    """May carry a secret in its path or query."""
    iconSrc: str | None = None
    color: str | None = None
    authType: str = "NONE"
    """`NONE` or `CUSTOM_HEADERS`."""
    authConfig: str | None = Field(default=None, sa_type=sa.Text, repr=False)
    """Encrypted JSON text: `{headers: {name: value}}`."""
    tools: str | None = Field(default=None, sa_type=sa.Text)
    """JSON text: the tools that the server told of, `{name, description, inputSchema}`."""
    toolCount: int = 0
    status: str = "PENDING"
    """`PENDING`, `AUTHORIZED` or `ERROR`."""
    createdDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    updatedDate: str = Field(default_factory=utc_now, sa_type=UtcDate)
    workspaceId: str = Field(sa_type=sa.Text)


TABLE = table_of(CustomMcpServer)


async def get_mcp_server(database: Database, server_id: str) -> Row | None:
    """The whole row, its encrypted headers included."""
    return await get_row(database, TABLE, server_id) if TABLE.name in database.columns else None


async def list_mcp_servers(
    database: Database, workspace_id: str, page: int | None = None, limit: int | None = None
) -> tuple[list[Row], int]:
    """The workspace's servers, the last changed first, and how many there are in all."""
    if TABLE.name not in database.columns:
        return [], 0
    order = (TABLE.c.updatedDate.desc(), TABLE.c.id)
    return await paged_rows(database, TABLE, TABLE.c.workspaceId == workspace_id, order=order, page=page, limit=limit)


async def insert_mcp_server(database: Database, values: Mapping[str, Any]) -> Row:
    """Raises InvalidRequest where the database has no such table."""
    if TABLE.name not in database.columns:
        raise InvalidRequest("this database has no table for MCP servers: start Flowise 3.1.3 on it once")
    return await insert_row(database, TABLE, values)


async def update_mcp_server(database: Database, server_id: str, changes: Mapping[str, Any]) -> Row | None:
    return await update_row(database, TABLE, server_id, changes)


async def delete_mcp_server(database: Database, server_id: str, workspace_id: str) -> int:
    return await delete_row(database, TABLE, server_id, TABLE.c.workspaceId == workspace_id)
