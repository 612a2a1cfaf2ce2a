"""Chatflows and agentflows: create, read, update, delete; whose key runs which."""

from __future__ import annotations

from quart import Blueprint, Response, request

from flowisectl.database.api_key import api_key_by_text
from flowisectl.database.chat_flow import delete_flow, flows_of_key, get_flow_row, insert_flow, list_flow_rows, update_flow
from flowisectl.database.checkpoint import delete_checkpoints
from flowisectl.database.column_types import new_id
from flowisectl.database.lookup import Row
from flowisectl.database.schedule import delete_schedule_of
from flowisectl.errors import FlowNotFound
from flowisectl.storage.left_behind import left_behind
from flowisectl.web.access.callers import current_caller, needs, workspace_id
from flowisectl.web.answers import delete_result, json_answer, text_answer
from flowisectl.web.errors import Forbidden, HttpError, service_text
from flowisectl.web.flows.entity import DELETE_PERMISSIONS, KINDS, changed_flow, new_flow, public_flow
from flowisectl.web.flows.files import with_stored_files
from flowisectl.web.flows.own import missing_flow_of
from flowisectl.web.flows.schedules import keep_schedule
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.ids import flow_id_of
from flowisectl.web.requests.pagination import page_of
from flowisectl.web.services import current_services
from flowisectl.web.workspace.organizations import organization_of

blueprint = Blueprint("chatflows", __name__)

_WRITES = ("chatflows:create", "chatflows:update", "agentflows:create", "agentflows:update")
_READS = ("chatflows:view", "chatflows:update", "agentflows:view", "agentflows:update", "assistants:view")
_DELETES = ("chatflows:delete", "agentflows:delete", "assistants:delete")


_ASSISTANT_WRITES = ("assistants:create", "assistants:update")
_SETTINGS = ("chatflows:config", "agentflows:config", "chatflows:domains", "agentflows:domains")
_SETTING_COLUMNS = frozenset({"chatbotConfig", "apiConfig", "analytic", "speechToText", "textToSpeech", "followUpPrompts"})
"""What callers may change who may set a flow up, and not draw it."""


def _check_write(kind: str, values: Row) -> None:
    """Raises Forbidden when the caller may not write this kind of flow, or these columns of it."""
    caller = current_caller()
    if caller.may(*_WRITES) or (kind == "ASSISTANT" and caller.may(*_ASSISTANT_WRITES)):
        return
    if not (caller.may(*_SETTINGS) and values.keys() <= _SETTING_COLUMNS):
        raise Forbidden


async def _own_row(flow_id: str) -> Row:
    """The row of a flow of the caller's workspace. Raises FlowNotFound."""
    row = await get_flow_row(current_services().database, flow_id_of(flow_id))
    if row is None or row["workspaceId"] != workspace_id():
        raise FlowNotFound(flow_id)
    return row


async def _keep_schedule(row: Row) -> None:
    services = current_services()
    await keep_schedule(services.database, row, min_seconds=services.min_schedule_seconds)


async def _with_stored_files(values: Row) -> Row:
    """The columns of a flow, whose loaders' files are stored with the flow and no longer in its `flowData`."""
    if "flowData" not in values:
        return values
    services = current_services()
    blobs = services.blobs.of_organization(await organization_of(services.database, values["workspaceId"]))
    return {**values, "flowData": await with_stored_files(values["flowData"], blobs, values["id"])}


@blueprint.post("/chatflows")
@needs(*_WRITES, *_ASSISTANT_WRITES)
async def create() -> Response:
    values = new_flow(await body_object())
    _check_write(values["type"], values)
    values = await _with_stored_files({**values, "id": new_id(), "workspaceId": workspace_id()})
    row = await insert_flow(current_services().database, values)
    await _keep_schedule(row)
    return json_answer(public_flow(row))


@blueprint.get("/chatflows")
@needs(*_READS)
async def listing() -> Response:
    page = page_of(request.args)
    kind = request.args.get("type")
    rows, total = await list_flow_rows(current_services().database, workspace_id(), kind if kind in KINDS else None, page.page, page.limit)
    return json_answer(page.shaped([public_flow(row) for row in rows], total))


@blueprint.get("/chatflows/<flow_id>")
@needs(*_READS, *_DELETES)
async def read(flow_id: str) -> Response:
    return json_answer(public_flow(await _own_row(flow_id)))


@blueprint.put("/chatflows/<flow_id>")
@needs(*_WRITES, "assistants:update", *_SETTINGS)
async def update(flow_id: str) -> Response:
    services, row = current_services(), await _own_row(flow_id)
    given = changed_flow(await body_object())
    _check_write(row["type"] if given.get("type", row["type"]) == row["type"] else "", given)
    values = await _with_stored_files({**given, "id": row["id"], "workspaceId": row["workspaceId"]})
    changed = await update_flow(services.database, row["id"], values)
    services.flows.forget(row["id"])
    if changed is None:
        raise FlowNotFound(flow_id)
    await _keep_schedule(changed)
    return json_answer(public_flow(changed))


@blueprint.delete("/chatflows/<flow_id>")
@needs(*_DELETES)
async def delete(flow_id: str) -> Response:
    services = current_services()
    with missing_flow_of("chatflowsService.deleteChatflow"):
        row = await _own_row(flow_id)
    if not current_caller().may(DELETE_PERMISSIONS.get(row["type"], "chatflows:delete")):
        raise Forbidden
    affected = await delete_flow(services.database, row["id"])
    await delete_schedule_of(services.database, row["id"])
    await delete_checkpoints(services.database, row["id"])
    services.flows.forget(row["id"])
    blobs = services.blobs.of_organization(await organization_of(services.database, row["workspaceId"]))
    with left_behind(f"flow {row['id']}"):
        await blobs.delete_flow(row["id"])
    return delete_result(affected)


@blueprint.get("/chatflows/has-changed/<flow_id>/<last_updated>")
@needs("chatflows:update", "agentflows:update")
async def has_changed(flow_id: str, last_updated: str) -> Response:
    with missing_flow_of("chatflowsService.checkIfChatflowHasChanged", f"Chatflow {flow_id} not found"):
        row = await _own_row(flow_id)
    return json_answer({"hasChanged": row["updatedDate"] != last_updated})


@blueprint.get("/chatflows/apikey/<key>")
async def of_key(key: str) -> Response:
    """The flows that a key runs: its own and, without `keyonly`, those that are bound to none."""
    services = current_services()
    bound = await api_key_by_text(services.database, key)
    if bound is None:
        return text_answer("Unauthorized", 401)
    rows = await flows_of_key(services.database, bound["id"], bound["workspaceId"], only_bound="keyonly" in request.args)
    if not rows:
        raise HttpError(500, service_text("chatflowsService.getChatflowByApiKey", "Chatflow not found in the database!"))
    return json_answer([public_flow(row) for row in rows])
