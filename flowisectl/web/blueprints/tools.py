"""Custom tools of a workspace: create, read, update, delete."""

from __future__ import annotations

from collections.abc import Mapping

from quart import Blueprint, Response, request

from flowisectl.database.lookup import Row
from flowisectl.database.tool import delete_tool, get_tool, insert_tool, list_tools, update_tool
from flowisectl.errors import InvalidRequest, NotFound
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import delete_result, json_answer
from flowisectl.web.errors import service
from flowisectl.web.requests.body import body_object, typed_members
from flowisectl.web.requests.pagination import page_of
from flowisectl.web.services import current_services

blueprint = Blueprint("tools", __name__)

_MEMBERS: Mapping[str, type] = {"name": str, "description": str, "color": str, "iconSrc": str, "schema": str, "func": str}


async def _own_row(tool_id: str) -> Row:
    row = await get_tool(current_services().database, tool_id)
    if row is None or row["workspaceId"] != workspace_id():
        raise NotFound(f"Tool {tool_id} not found")
    return row


@blueprint.post("/tools")
@needs("tools:create")
async def create() -> Response:
    values = typed_members(await body_object(), _MEMBERS)
    # The columns that may not be null have no default, so the original refuses a tool without them.
    if not values.get("name") or values.get("description") is None or values.get("color") is None:
        raise InvalidRequest("A tool needs a name, a description and a color (texts)")
    row = await insert_tool(current_services().database, {**values, "workspaceId": workspace_id()})
    return json_answer(row)


@blueprint.get("/tools")
@needs("tools:view")
async def listing() -> Response:
    page = page_of(request.args)
    rows, total = await list_tools(current_services().database, workspace_id(), page.page, page.limit)
    return json_answer(page.shaped(rows, total))


@blueprint.get("/tools/<tool_id>")
@needs("tools:view")
async def read(tool_id: str) -> Response:
    with service("toolsService.getToolById"):
        return json_answer(await _own_row(tool_id))


@blueprint.put("/tools/<tool_id>")
@needs("tools:update", "tools:create")
async def update(tool_id: str) -> Response:
    values = {name: value for name, value in typed_members(await body_object(), _MEMBERS).items() if value is not None or name == "iconSrc"}
    with service("toolsService.updateTool"):
        await _own_row(tool_id)
        return json_answer(await update_tool(current_services().database, tool_id, values))


@blueprint.delete("/tools/<tool_id>")
@needs("tools:delete")
async def delete(tool_id: str) -> Response:
    return delete_result(await delete_tool(current_services().database, tool_id, workspace_id()))
