"""Assistants of a workspace: create, read, update, delete, and what they may be made of.

An assistant of type CUSTOM is run by a flow of its own (a row of `chat_flow` with type ASSISTANT).
"""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, request

from flowisectl.database.assistant import delete_assistant, get_assistant, insert_assistant, list_assistants, update_assistant
from flowisectl.database.document_store import DocumentStore
from flowisectl.database.lookup import Row
from flowisectl.database.rows import in_workspace, table_of
from flowisectl.errors import InvalidRequest, NotFound
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.answers import delete_result, json_answer
from flowisectl.web.errors import HttpError, service, service_text
from flowisectl.web.json_text import from_json
from flowisectl.web.requests.body import body_object, typed_members
from flowisectl.web.requests.ids import is_uuid
from flowisectl.web.services import current_services

blueprint = Blueprint("assistants", __name__)

TYPES = ("CUSTOM", "OPENAI", "AZURE")
_MEMBERS: dict[str, type | tuple[type, ...]] = {"details": str, "credential": str, "iconSrc": str, "type": str}


def _values(body: dict[str, Any]) -> dict[str, Any]:
    """What a body may set. Raises InvalidRequest."""
    values = typed_members(body, _MEMBERS)
    if values.get("type") not in (None, *TYPES):
        raise InvalidRequest(f"type must be one of {', '.join(TYPES)}")
    if values.get("credential") is not None and not is_uuid(values["credential"]):
        raise InvalidRequest("credential must be a UUID")
    if values.get("details") is not None and not isinstance(from_json(values["details"].encode("utf-8", "surrogatepass")), dict):
        raise InvalidRequest("details must be the JSON text of an object")
    return {name: value for name, value in values.items() if value is not None or name == "iconSrc"}


async def _own_row(assistant_id: str) -> Row:
    row = await get_assistant(current_services().database, assistant_id)
    if row is None or row["workspaceId"] != workspace_id():
        raise NotFound(f"Assistant {assistant_id} not found")
    return row


@blueprint.post("/assistants")
@needs("assistants:create")
async def create() -> Response:
    """Make an assistant from `{details, credential, iconSrc?, type}`."""
    values = _values(await body_object())
    if values.get("type") in ("OPENAI", "AZURE"):
        raise HttpError(400, "This version runs assistants of its own flows: use type CUSTOM")
    if not values.get("details") or not values.get("credential") or not values.get("type"):
        raise HttpError(500, service_text("assistantsService.createAssistant", "Invalid request body"))
    return json_answer(await insert_assistant(current_services().database, {**values, "workspaceId": workspace_id()}))


@blueprint.get("/assistants")
@needs("assistants:view")
async def listing() -> Response:
    """The workspace's assistants; `type` chooses one kind."""
    kind = request.args.get("type")
    return json_answer(await list_assistants(current_services().database, workspace_id(), kind if kind in TYPES else None))


@blueprint.get("/assistants/<assistant_id>")
@needs("assistants:view")
async def read(assistant_id: str) -> Response:
    with service("assistantsService.getAssistantById"):
        return json_answer(await _own_row(assistant_id))


@blueprint.put("/assistants/<assistant_id>")
@needs("assistants:create", "assistants:update")
async def update(assistant_id: str) -> Response:
    values = _values(await body_object())
    values.pop("type", None)
    with service("assistantsService.updateAssistant"):
        await _own_row(assistant_id)
        return json_answer(await update_assistant(current_services().database, assistant_id, values))


@blueprint.delete("/assistants/<assistant_id>")
@needs("assistants:delete")
async def delete(assistant_id: str) -> Response:
    with service("assistantsService.deleteAssistant"):
        await _own_row(assistant_id)
    return delete_result(await delete_assistant(current_services().database, assistant_id, workspace_id()))


@blueprint.get("/assistants/components/chatmodels")
@needs("assistants:view", "assistants:create", "assistants:update")
async def chat_models() -> Response:
    """The chat models that an assistant may use."""
    return json_answer(_of_category("Chat Models"))


@blueprint.get("/assistants/components/tools")
@needs("assistants:view", "assistants:create", "assistants:update")
async def tools() -> Response:
    """The tools that an assistant may use."""
    return json_answer(_of_category("Tools"))


@blueprint.get("/assistants/components/docstores")
@needs("assistants:view", "assistants:create", "assistants:update")
async def document_stores() -> Response:
    """The document stores whose vectors are written."""
    services, table = current_services(), table_of(DocumentStore)
    upserted = services.database.selection(table).where(in_workspace(table, workspace_id()), table.c.status == "UPSERTED")
    rows = await services.database.fetch(upserted.order_by(table.c.name))
    return json_answer([{"name": row["id"], "label": row["name"], "description": row["description"]} for row in rows])


def _of_category(category: str) -> list[dict[str, Any]]:
    return [node.definition.to_json() for node in current_services().catalogue if node.definition.category == category]
