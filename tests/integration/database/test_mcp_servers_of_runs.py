"""The MCP servers of a workspace, as a run's nodes get them."""

from __future__ import annotations

from typing import Any

import pytest

from flowisectl.database.connection import Database
from flowisectl.database.custom_mcp_server import insert_mcp_server
from flowisectl.errors import InvalidRequest, NotFound
from flowisectl.runs.mcp_servers import WorkspaceMcpServers


class Opener:
    def open(self, encrypted: str) -> dict[str, Any]:
        return {"headers": {"x-key": "k"}} if encrypted == "sealed" else {}


async def stored(database: Database, **values: Any) -> str:
    row = {"name": "n", "serverUrl": "http://m.example/secret", "authType": "NONE", "status": "AUTHORIZED", "workspaceId": "w", **values}
    return str((await insert_mcp_server(database, row))["id"])


async def test_a_server_comes_with_its_headers_and_shows_none_of_them(database: Database) -> None:
    plain = await stored(database)
    sealed = await stored(database, authType="CUSTOM_HEADERS", authConfig="sealed")
    servers = WorkspaceMcpServers(database, "w", Opener())

    first, second = await servers.get(plain), await servers.get(sealed)

    assert (first.url, first.headers, second.headers) == ("http://m.example/secret", {}, {"x-key": "k"})
    assert "secret" not in repr(second) and "x-key" not in repr(second)


async def test_what_cannot_be_used_is_told(database: Database) -> None:
    pending = await stored(database, status="PENDING")
    foreign = await stored(database, workspaceId="other")
    broken = await stored(database, authType="CUSTOM_HEADERS", authConfig="of another key")
    servers = WorkspaceMcpServers(database, "w", Opener())

    for server_id in (foreign, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            await servers.get(server_id)
    with pytest.raises(InvalidRequest, match="not authorized"):
        await servers.get(pending)
    with pytest.raises(InvalidRequest, match="do not decrypt"):
        await servers.get(broken)
