"""The messages of a flow's chats: list, delete, stop what runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from quart import Blueprint, Response, request

from flowisectl.database.checkpoint import delete_checkpoints
from flowisectl.database.message_listing import MessageFilter, delete_messages, list_messages
from flowisectl.errors import FlowNotFound, InvalidRequest
from flowisectl.storage.left_behind import left_behind
from flowisectl.web.access.callers import workspace_id
from flowisectl.web.answers import delete_result, json_answer
from flowisectl.web.errors import HttpError, service_text
from flowisectl.web.flows.own import missing_flow_of
from flowisectl.web.requests.ids import flow_id_of
from flowisectl.web.requests.message_filter import message_filter
from flowisectl.web.requests.pagination import Page, page_of
from flowisectl.web.services import current_services
from flowisectl.web.workspace.organizations import organization_of

blueprint = Blueprint("chat_messages", __name__)


async def _own_flow(flow_id: str, function: str) -> str:
    """The id of a flow of the caller's workspace, whose messages are shown even when the flow itself cannot be read."""
    with missing_flow_of(function, "Unauthorized access"):
        flow_id = flow_id_of(flow_id)
        owner = await current_services().flows.workspace_of(flow_id)
    if owner != workspace_id():
        raise HttpError(500, service_text(function, "Unauthorized access"))
    return flow_id


async def _list(flow_id: str, filter: MessageFilter, page: Page) -> Response:
    """Ratings count only where they are shown: with `feedback` in the query."""
    with_feedback = bool(request.args.get("feedback"))
    rows = await list_messages(
        current_services().database,
        flow_id,
        filter if with_feedback else replace(filter, feedback_types=()),
        order="DESC" if request.args.get("order") == "DESC" else "ASC",
        with_feedback=with_feedback,
        page=page.page,
        limit=page.limit,
    )
    return json_answer(rows)


@blueprint.get("/chatmessage/<flow_id>")
async def listing(flow_id: str) -> Response:
    own = await _own_flow(flow_id, "chatMessagesService.getAllChatMessages")
    return await _list(own, message_filter(request.args), page_of(request.args))


@blueprint.get("/internal-chatmessage/<flow_id>")
async def internal_listing(flow_id: str) -> Response:
    own = await _own_flow(flow_id, "chatMessagesService.getAllInternalChatMessages")
    return await _list(own, message_filter(request.args, ["INTERNAL"]), Page())


@blueprint.delete("/chatmessage/<flow_id>")
async def delete(flow_id: str) -> Response:
    """Delete messages with their feedback, their chats' files and what agents remember.

    With a chat id that chat, else all that the query chooses.
    """
    services = current_services()
    flow_id, workspace = flow_id_of(flow_id), workspace_id()
    if await services.flows.workspace_of(flow_id) != workspace:
        raise FlowNotFound(flow_id)
    deleted = await delete_messages(services.database, flow_id, message_filter(request.args))
    blobs = services.blobs.of_organization(await organization_of(services.database, workspace))
    for session_id in {*deleted.chat_ids, *request.args.getlist("sessionId")}:
        await delete_checkpoints(services.database, flow_id, session_id)
    for chat_id in deleted.chat_ids:
        # An id that cannot name a folder never had one.
        with suppress(InvalidRequest), left_behind(f"chat {chat_id} of flow {flow_id}"):
            await blobs.delete_chat(flow_id, chat_id)
    return delete_result(deleted.affected)


@blueprint.put("/chatmessage/abort/<flow_id>/<chat_id>")
async def abort(flow_id: str, chat_id: str) -> Response:
    """Stop every run of a chat, waiting or running. The answer is the same when there was none."""
    await current_services().submitter.stop(flow_id, chat_id)
    return json_answer({"status": 200, "message": "Chat message aborted"})


@blueprint.put("/chatmessage/abort/")
@blueprint.put("/chatmessage/abort/<_flow_id>/")
async def abort_without_ids(_flow_id: str = "") -> Response:
    raise HttpError(412, "Error: chatMessagesController.abortChatMessage - chatflowid or chatid not provided!")
