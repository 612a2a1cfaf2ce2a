"""What anybody may ask of a flow: does it stream, what may be uploaded, how does its chat look."""

from __future__ import annotations

from quart import Blueprint, Response

from flowisectl.database.chat_flow import get_flow_row
from flowisectl.database.rows import json_value
from flowisectl.engine.streaming import can_stream
from flowisectl.errors import FlowNotFound, InvalidFlow
from flowisectl.runs.flows import StoredFlow
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError, service, service_text
from flowisectl.web.flows.entity import public_flow
from flowisectl.web.flows.own import missing_flow_of
from flowisectl.web.flows.sanitised import sanitised, without_credentials
from flowisectl.web.flows.upload_offer import any_enabled, upload_offer
from flowisectl.web.requests.ids import flow_id_of
from flowisectl.web.services import current_services

blueprint = Blueprint("public_flows", __name__)

_WITH_CREDENTIALS = ("analytic", "speechToText", "textToSpeech", "followUpPrompts")
"""Columns that name credentials in their JSON."""
STREAM_CHECK = "chatflowsService.checkIfChatflowIsValidForStreaming"
UPLOAD_CHECK = "chatflowsService.checkIfChatflowIsValidForUploads"
CHATBOT_CONFIG = "chatflowsService.getSinglePublicChatbotConfig"


async def _stored(flow_id: str, function: str) -> StoredFlow:
    try:
        with missing_flow_of(function, f"Chatflow {flow_id} not found"):
            return await current_services().flows.get(flow_id_of(flow_id))
    except InvalidFlow as error:
        raise HttpError(500, service_text(function, error.message)) from error


@blueprint.get("/chatflows-streaming/<flow_id>")
async def streaming(flow_id: str) -> Response:
    with service(STREAM_CHECK):
        return json_answer({"isStreaming": can_stream((await _stored(flow_id, STREAM_CHECK)).flow)})


@blueprint.get("/chatflows-uploads/<flow_id>")
async def uploads(flow_id: str) -> Response:
    with service(UPLOAD_CHECK):
        return json_answer(upload_offer((await _stored(flow_id, UPLOAD_CHECK)).flow))


@blueprint.get("/public-chatflows/<flow_id>")
async def public_chatflow(flow_id: str) -> Response:
    """A public flow, sanitised; any other only for a logged-in member of its workspace."""
    services = current_services()
    row = await get_flow_row(services.database, flow_id_of(flow_id))
    if row is None:
        raise FlowNotFound(flow_id)
    if row["isPublic"]:
        shown = public_flow(row)
        shown.pop("mcpServerConfig", None)
        settings = {name: without_credentials(shown[name]) for name in _WITH_CREDENTIALS if shown.get(name)}
        return json_answer({**shown, **settings, "flowData": sanitised(row["flowData"])})
    caller = await services.authentication.optional_caller()
    if caller is None:
        raise HttpError(401, "Unauthorized", body={"message": "Unauthorized"})
    if row["workspaceId"] != caller.workspace_id:
        raise HttpError(404, "", body={"message": f"Chatflow {flow_id} not found in the database!"})
    return json_answer(public_flow(row))


@blueprint.get("/public-chatbotConfig/<flow_id>")
async def chatbot_config(flow_id: str) -> Response:
    """How the chat looks, what may be uploaded, and the sanitised flow as JSON text."""
    services = current_services()
    stored = await _stored(flow_id, CHATBOT_CONFIG)
    row = await get_flow_row(services.database, stored.flow.id)
    if row is None:
        raise HttpError(500, service_text(CHATBOT_CONFIG, f"Chatflow {flow_id} not found"))
    config = {name: value for name, value in stored.flow.chatbot.items() if name not in ("allowedOrigins", "allowedOriginsError")}
    speech = json_value(row["textToSpeech"])
    answer = {
        **config,
        "uploads": upload_offer(stored.flow),
        "flowData": sanitised(row["flowData"]),
        "isTTSEnabled": isinstance(speech, dict) and any_enabled(speech),
    }
    return json_answer(answer)
