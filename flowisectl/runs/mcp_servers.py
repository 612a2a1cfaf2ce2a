"""The MCP servers of a workspace, as nodes ask for them."""

from __future__ import annotations

from typing import Any, Protocol

from flowisectl.database.connection import Database
from flowisectl.database.custom_mcp_server import get_mcp_server
from flowisectl.engine.context import StoredMcpServer
from flowisectl.errors import InvalidRequest, NotFound
from flowisectl.runs.workspace import is_of_another


class Opener(Protocol):
    def open(self, encrypted: str) -> dict[str, Any]: ...


class WorkspaceMcpServers:
    """Implements `engine.context.McpServers`. Without an opener servers that want headers cannot be used."""

    def __init__(self, database: Database, workspace_id: str, opener: Opener | None) -> None:
        self._database = database
        self._workspace_id = workspace_id
        self._opener = opener

    async def get(self, server_id: str) -> StoredMcpServer:
        row = await get_mcp_server(self._database, server_id)
        if row is None or is_of_another(row["workspaceId"], self._workspace_id):
            raise NotFound(f"Custom MCP server {server_id} not found")
        if row["status"] != "AUTHORIZED":
            raise InvalidRequest(f"Custom MCP server {server_id} ({row['name']}) is not authorized: authorize it, which asks for its tools")
        if row["authType"] == "NONE" or not row["authConfig"]:
            return StoredMcpServer(url=row["serverUrl"])
        headers = self._opener.open(row["authConfig"]).get("headers") if self._opener is not None else None
        if not isinstance(headers, dict):
            raise InvalidRequest(f"the headers of custom MCP server {server_id} ({row['name']}) do not decrypt: enter them again")
        return StoredMcpServer(url=row["serverUrl"], headers={str(name): str(value) for name, value in headers.items()})
