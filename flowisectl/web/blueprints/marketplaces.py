"""Templates: those that come with this version, and those that a workspace keeps."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, request

from flowisectl.database.chat_flow import get_flow_row
from flowisectl.database.custom_template import delete_template, insert_template, list_templates
from flowisectl.database.lookup import Row
from flowisectl.database.rows import json_value
from flowisectl.database.tool import get_tool
from flowisectl.errors import InvalidRequest
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import delete_result, json_answer
from flowisectl.web.flows.sanitised import sanitised
from flowisectl.web.json_text import to_json
from flowisectl.web.requests.body import body_object, typed_members
from flowisectl.web.requests.pagination import page_of
from flowisectl.web.services import current_services
from flowisectl.web.workspace.marketplace import categories_of, templates

blueprint = Blueprint("marketplaces", __name__)

_TYPES = {"CHATFLOW": "Chatflow", "AGENTFLOW": "AgentflowV2", "MULTIAGENT": "Agentflow"}
_TOOL_MEMBERS = ("iconSrc", "schema", "func")


@blueprint.get("/marketplaces/templates")
@needs("templates:marketplace")
async def listing() -> Response:
    """The templates that come with this version."""
    return json_answer(templates())


@blueprint.get("/marketplaces/custom")
@needs("templates:custom")
async def custom_listing() -> Response:
    """The templates that the workspace keeps."""
    page = page_of(request.args)
    rows, total = await list_templates(current_services().database, workspace_id(), page.page, page.limit)
    return json_answer(page.shaped([_shown(row) for row in rows], total))


@blueprint.post("/marketplaces/custom")
@needs("templates:flowexport", "templates:toolexport")
async def keep() -> Response:
    """Keep a flow (`chatflowId`), a tool (`tool`) or given data (`flowData`) as a template."""
    body = await body_object()
    texts = typed_members(body, {"name": str, "description": str, "badge": str, "type": str, "chatflowId": str})
    if not texts.get("name"):
        raise InvalidRequest("A template needs a name")
    flow_data, kind = await _content(body, texts)
    row = await insert_template(
        current_services().database,
        {
            "name": texts["name"],
            "description": texts.get("description"),
            "badge": texts.get("badge"),
            "framework": _listed(body.get("framework")) or "",
            "usecases": _listed(body.get("usecases")),
            "type": kind,
            "flowData": flow_data,
            "workspaceId": workspace_id(),
        },
    )
    return json_answer(row)


@blueprint.delete("/marketplaces/custom/<template_id>")
@needs("templates:custom-delete")
async def delete(template_id: str) -> Response:
    """Forget a template of the workspace."""
    return delete_result(await delete_template(current_services().database, template_id, workspace_id()))


async def _content(body: dict[str, Any], texts: dict[str, Any]) -> tuple[str, str]:
    """The template's data as JSON text, and its type. Raises InvalidRequest."""
    database = current_services().database
    if texts.get("chatflowId"):
        row = await get_flow_row(database, texts["chatflowId"])
        if row is None or row["workspaceId"] != workspace_id():
            raise InvalidRequest(f"chatflowId: the workspace has no flow {texts['chatflowId']}")
        flow = json_value(row["flowData"])
        if not isinstance(flow, dict):
            raise InvalidRequest(f"flow {row['id']} has no flowData that could be kept")
        return to_json(_without_secrets(flow)).decode(), _TYPES.get(row["type"], "Chatflow")
    tool = body.get("tool")
    if isinstance(tool, dict):
        stored = await get_tool(database, str(tool.get("id", ""))) if tool.get("id") else None
        source = stored if stored is not None and stored["workspaceId"] == workspace_id() else tool
        return to_json({name: source.get(name) for name in _TOOL_MEMBERS}).decode(), "Tool"
    given = body.get("flowData")
    if isinstance(given, str) and isinstance(json_value(given), dict):
        return given, texts.get("type") or "Chatflow"
    raise InvalidRequest("A template needs a chatflowId, a tool, or flowData (JSON text)")


def _without_secrets(flow: dict[str, Any]) -> dict[str, Any]:
    """Nodes and edges without credentials and passwords: a template goes to other people."""
    return {name: value for name, value in json_value(sanitised(to_json(flow).decode())).items() if name in ("nodes", "edges")}


def _listed(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return to_json(value).decode() if isinstance(value, list) else None


def _shown(row: Row) -> dict[str, Any]:
    """A row as the page of templates reads it: what is a list is one, and `framework` the text that it is."""
    content = json_value(row["flowData"])
    content = content if isinstance(content, dict) else {}
    shown = {**row, "framework": row["framework"] or ""}
    listed = json_value(row["usecases"])
    shown["usecases"] = listed if isinstance(listed, list) else [listed] if listed else []
    if row["type"] == "Tool":
        del shown["flowData"]
        return {**shown, **{name: content.get(name) for name in _TOOL_MEMBERS}, "categories": []}
    return {**shown, "categories": categories_of(content)}
