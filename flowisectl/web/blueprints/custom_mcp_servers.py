"""MCP servers of a workspace: create, read, update, delete, ask for their tools."""

from __future__ import annotations

from quart import Blueprint, Response, request

from flowisectl.database.custom_mcp_server import (
    delete_mcp_server,
    get_mcp_server,
    insert_mcp_server,
    list_mcp_servers,
    update_mcp_server,
)
from flowisectl.database.lookup import Row
from flowisectl.database.rows import json_value
from flowisectl.errors import InvalidRequest, NotFound, ProviderError
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import delete_result, json_answer
from flowisectl.web.errors import HttpError, service
from flowisectl.web.mcp.servers import FAILED, HEADERS, MASK, headers_of, shown_server, tools_of, written_server
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.pagination import page_of
from flowisectl.web.services import current_services

blueprint = Blueprint("custom_mcp_servers", __name__)

DEFAULT_LIMIT, LARGEST_LIMIT = 50, 500


async def _own_row(server_id: str) -> Row:
    row = await get_mcp_server(current_services().database, server_id)
    if row is None or row["workspaceId"] != workspace_id():
        raise NotFound(f"Custom MCP server {server_id} not found")
    return row


@blueprint.post("/custom-mcp-servers")
@needs("tools:create")
async def create() -> Response:
    services = current_services()
    values = written_server(await body_object(), None, services.vault)
    return json_answer(shown_server(await insert_mcp_server(services.database, {**_empty(), **values, "workspaceId": workspace_id()})))


def _empty() -> Row:
    return {"iconSrc": None, "color": None, "authType": "NONE", "authConfig": None, "tools": None, "toolCount": 0, "status": "PENDING"}


@blueprint.get("/custom-mcp-servers")
@needs("tools:view")
async def listing() -> Response:
    """Always a page: 50 rows without `page` and `limit`, at most 500."""
    page = page_of(request.args, default=(1, DEFAULT_LIMIT))
    limit = min(page.limit or DEFAULT_LIMIT, LARGEST_LIMIT)
    rows, total = await list_mcp_servers(current_services().database, workspace_id(), page.page or 1, limit)
    return json_answer({"data": [shown_server(row) for row in rows], "total": total})


@blueprint.get("/custom-mcp-servers/<server_id>")
@needs("tools:view")
async def read(server_id: str) -> Response:
    """With `authConfig`, in which the values of headers are masked."""
    with service("customMcpServersService.getCustomMcpServerById"):
        row = await _own_row(server_id)
    auth = {"headers": dict.fromkeys(headers_of(row, current_services().vault), MASK)} if row["authType"] == HEADERS else None
    return json_answer({**shown_server(row), "authConfig": auth})


@blueprint.put("/custom-mcp-servers/<server_id>")
@needs("tools:update", "tools:create")
async def update(server_id: str) -> Response:
    """Changes what is given; a value that is masked as it was shown stays."""
    services, body = current_services(), await body_object()
    with service("customMcpServersService.updateCustomMcpServer"):
        row = await _own_row(server_id)
        changed = await update_mcp_server(services.database, server_id, written_server(body, row, services.vault))
        if changed is None:
            raise NotFound(f"Custom MCP server {server_id} not found")
        return json_answer(shown_server(changed))


@blueprint.delete("/custom-mcp-servers/<server_id>")
@needs("tools:delete")
async def delete(server_id: str) -> Response:
    with service("customMcpServersService.deleteCustomMcpServer"):
        await _own_row(server_id)
    return delete_result(await delete_mcp_server(current_services().database, server_id, workspace_id()))


@blueprint.get("/custom-mcp-servers/<server_id>/tools")
@needs("tools:view")
async def tools(server_id: str) -> Response:
    """What the server told of its tools when it was last asked."""
    with service("customMcpServersService.discoverTools"):
        return json_answer(json_value((await _own_row(server_id))["tools"]) or [])


@blueprint.post("/custom-mcp-servers/<server_id>/authorize")
@needs("tools:update", "tools:create")
async def authorize(server_id: str) -> Response:
    """Ask the server for its tools, and keep them; a server that cannot be asked is marked ERROR."""
    services = current_services()
    with service("customMcpServersService.authorizeCustomMcpServer"):
        row = await _own_row(server_id)
        if services.outgoing is None:
            raise HttpError(500, "this server cannot call MCP servers")
        try:
            found = await tools_of(row, services.vault, services.outgoing)
        except (ProviderError, InvalidRequest):
            await update_mcp_server(services.database, server_id, {"status": FAILED})
            raise
        changed = await update_mcp_server(services.database, server_id, found)
        if changed is None:
            raise NotFound(f"Custom MCP server {server_id} not found")
        return json_answer(shown_server(changed))
