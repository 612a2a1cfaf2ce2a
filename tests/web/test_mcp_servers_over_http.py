"""MCP servers of a workspace: kept, masked, asked for their tools; and what may be chosen of them in a node."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from quart import Quart
from quart.testing import QuartClient

from flowisectl.clients.http import open_http
from flowisectl.database.custom_mcp_server import get_mcp_server, update_mcp_server
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.web.app import create_app
from flowisectl.web.mcp.servers import MASK
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
SECRET = "Bearer top-secret"


@pytest.fixture
async def tool_server() -> AsyncIterator[str]:
    """An MCP server (Streamable HTTP) with two tools, for whoever knows the secret; gives its address."""

    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("authorization") != SECRET:
            return web.Response(status=401, text="who are you")
        message: dict[str, Any] = await request.json()
        tools = [{"name": "add", "description": "adds", "inputSchema": {"type": "object"}}, {"name": "sub", "description": "subtracts"}]
        result = {"tools": tools} if message["method"] == "tools/list" else {}
        if "id" not in message:
            return web.Response(status=202)
        return web.json_response({"jsonrpc": "2.0", "id": message["id"], "result": result})

    application = web.Application()
    application.router.add_post("/mcp/{secret}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    yield f"http://127.0.0.1:{port}/mcp/path-secret"
    await runner.cleanup()


@pytest.fixture
async def app(services: WebServices) -> AsyncIterator[Quart]:
    async with open_http() as client:
        yield create_app(replace(services, outgoing=client, catalogue=load_catalogue()))


async def made(client: QuartClient, key: dict[str, str], url: str, **members: Any) -> dict[str, Any]:
    body = {"name": "calculator", "serverUrl": url, "authType": "CUSTOM_HEADERS", "authConfig": {"headers": {"authorization": SECRET}}}
    answer = await client.post("/api/v1/custom-mcp-servers", json={**body, **members}, headers=key)
    row: dict[str, Any] = await answer.get_json()
    assert answer.status_code == 200, row
    return row


async def test_a_server_lives_and_dies(anybody: QuartClient, key: dict[str, str], services: WebServices, tool_server: str) -> None:
    row = await made(anybody, key, tool_server)
    route = f"/api/v1/custom-mcp-servers/{row['id']}"

    listed = await (await anybody.get("/api/v1/custom-mcp-servers", headers=key)).get_json()
    read = await (await anybody.get(route, headers=key)).get_json()
    changed = await (await anybody.put(route, json={**read, "name": "other"}, headers=key)).get_json()
    deleted = await (await anybody.delete(route, headers=key)).get_json()
    missing = await anybody.get(route, headers=key)

    origin = tool_server.removesuffix("/mcp/path-secret")
    assert row["serverUrl"] == f"{origin}/{MASK}" and row["status"] == "PENDING" and "authConfig" not in row
    assert listed == {"data": [row], "total": 1}
    assert read["authConfig"] == {"headers": {"authorization": MASK}}
    assert changed["name"] == "other" and changed["serverUrl"] == row["serverUrl"]
    assert deleted == {"raw": [], "affected": 1} and missing.status_code == 500
    assert "path-secret" not in json.dumps([row, listed, read, changed]) and SECRET not in json.dumps([row, listed, read, changed])


async def test_a_masked_value_that_is_sent_back_stays(
    anybody: QuartClient, key: dict[str, str], services: WebServices, tool_server: str
) -> None:
    row = await made(anybody, key, tool_server)
    route = f"/api/v1/custom-mcp-servers/{row['id']}"
    body = {"serverUrl": row["serverUrl"], "authConfig": {"headers": {"authorization": MASK, "x-more": "1"}}}

    answer = await anybody.put(route, json=body, headers=key)

    stored = await get_mcp_server(services.database, row["id"])
    assert answer.status_code == 200 and stored is not None
    assert stored["serverUrl"] == tool_server and SECRET not in stored["authConfig"]
    assert services.vault.open(stored["authConfig"]) == {"headers": {"authorization": SECRET, "x-more": "1"}}


async def test_its_tools_are_asked_for_and_kept(anybody: QuartClient, key: dict[str, str], tool_server: str) -> None:
    row = await made(anybody, key, tool_server)
    route = f"/api/v1/custom-mcp-servers/{row['id']}"

    authorized = await (await anybody.post(f"{route}/authorize", headers=key)).get_json()
    tools = await (await anybody.get(f"{route}/tools", headers=key)).get_json()

    assert (authorized["status"], authorized["toolCount"]) == ("AUTHORIZED", 2)
    assert [(tool["name"], tool["description"]) for tool in tools] == [("add", "adds"), ("sub", "subtracts")]


async def test_a_server_that_refuses_is_marked(anybody: QuartClient, key: dict[str, str], tool_server: str) -> None:
    row = await made(anybody, key, tool_server, authType="NONE", authConfig=None)
    route = f"/api/v1/custom-mcp-servers/{row['id']}"

    refused = await anybody.post(f"{route}/authorize", headers=key)

    assert refused.status_code == 500 and "401" in (await refused.get_json())["message"]
    assert (await (await anybody.get(route, headers=key)).get_json())["status"] == "ERROR"


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://[::ffff:169.254.169.254]/", "http://0xa9fea9fe/"])
async def test_a_server_on_a_metadata_address_is_never_called(anybody: QuartClient, key: dict[str, str], url: str) -> None:
    row = await made(anybody, key, url)

    refused = await anybody.post(f"/api/v1/custom-mcp-servers/{row['id']}/authorize", headers=key)

    assert refused.status_code == 500 and "denied by policy" in (await refused.get_json())["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": 1},
        {"serverUrl": "ftp://a.example/"},
        {"serverUrl": "http://"},
        {"serverUrl": "http://a b/"},
        {"serverUrl": "file:///etc/passwd"},
        {"authType": "OTHER"},
        {"authConfig": {"headers": {"a\r\nb": "x"}}},
        {"authConfig": {"headers": {"a": "x\r\nSet-Cookie: y"}}},
        {"authConfig": {"headers": "x"}},
        {"authConfig": "x"},
    ],
)
async def test_a_server_that_cannot_be_is_a_400(anybody: QuartClient, key: dict[str, str], wrong: dict[str, Any]) -> None:
    body = {"name": "n", "serverUrl": "https://a.example/mcp", "authType": "CUSTOM_HEADERS", **wrong}

    assert (await anybody.post("/api/v1/custom-mcp-servers", json=body, headers=key)).status_code == 400


async def test_another_workspace_sees_nothing_of_it(
    anybody: QuartClient, key: dict[str, str], services: WebServices, tool_server: str
) -> None:
    row = await made(anybody, key, tool_server)
    await update_mcp_server(services.database, row["id"], {"workspaceId": "another"})
    route = f"/api/v1/custom-mcp-servers/{row['id']}"

    answers = [
        await anybody.get(route, headers=key),
        await anybody.put(route, json={"name": "x"}, headers=key),
        await anybody.delete(route, headers=key),
        await anybody.get(f"{route}/tools", headers=key),
        await anybody.post(f"{route}/authorize", headers=key),
    ]

    assert [answer.status_code for answer in answers] == [500] * 5
    assert await (await anybody.get("/api/v1/custom-mcp-servers", headers=key)).get_json() == {"data": [], "total": 0}


async def test_the_actions_of_a_configured_server_can_be_chosen(anybody: QuartClient, key: dict[str, str], tool_server: str) -> None:
    config = json.dumps({"url": tool_server, "headers": {"authorization": SECRET}})
    body = {"loadMethod": "listActions", "inputs": {"mcpServerConfig": config}}

    found = await (await anybody.post("/api/v1/node-load-method/customMCP", json=body, headers=key)).get_json()

    assert [choice["name"] for choice in found] == ["add", "sub"]
