"""Text to speech: a message read aloud by a provider, as a stream; cut off; the voices that there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from quart import Blueprint, Response, request

from flowisectl.clients.speech import KEY_FIELDS, Speech, spoken, voices_of
from flowisectl.database.chat_flow import get_flow_row
from flowisectl.database.credential import get_credential, is_usable_in
from flowisectl.database.lookup import Row
from flowisectl.database.rows import json_value
from flowisectl.errors import FlowisectlError, FlowNotFound, InvalidRequest
from flowisectl.web.access.callers import needs, workspace_id
from flowisectl.web.access.cors import is_domain_allowed
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError
from flowisectl.web.flows.domains import allowed_origins, refusal_text
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.ids import flow_id_of
from flowisectl.web.services import WebServices, current_services
from flowisectl.web.source import header
from flowisectl.web.streams.speech import OpenSpeeches, one_error, speech_events, stream_response

blueprint = Blueprint("speech", __name__)

_OPEN = OpenSpeeches()
_NO_CLIENT = "this server cannot call speech providers"


@blueprint.post("/text-to-speech/generate")
async def generate() -> Response:
    """Speak a text, with a flow's own settings (`chatflowId`) or, for a caller that is known, with given ones."""
    body = await body_object()
    try:
        speech = await _speech(body)
    except FlowisectlError as error:
        return stream_response(one_error(error.message))
    client = current_services().outgoing
    if client is None:
        return stream_response(one_error(_NO_CLIENT))
    key, message_id = (_text(body, "chatId"), _text(body, "chatMessageId")), _text(body, "chatMessageId")
    pieces = spoken(speech, client)

    async def events() -> AsyncIterator[bytes]:
        stop = _OPEN.begin(key)
        try:
            async for frame in speech_events(pieces, message_id, stop):
                yield frame
        finally:
            _OPEN.end(key, stop)

    return stream_response(events())


@blueprint.post("/text-to-speech/abort")
async def abort() -> Response:
    """Cut a speech off that this process sends."""
    body = await body_object()
    chat_id, message_id, flow_id = (_text(body, name) for name in ("chatId", "chatMessageId", "chatflowId"))
    if not chat_id or not message_id or not flow_id:
        raise HttpError(500, "", body={"error": "chatId, chatMessageId and chatflowId are required"})
    _OPEN.abort((chat_id, message_id))
    return json_answer({"message": "TTS stream aborted successfully", "chatId": chat_id, "chatMessageId": message_id})


@blueprint.get("/text-to-speech/voices")
@needs("chatflows:view", "agentflows:view", "assistants:view")
async def voices() -> Response:
    """The voices of a provider."""
    provider, credential_id = request.args.get("provider", ""), request.args.get("credentialId", "")
    services = current_services()
    if not provider:
        raise HttpError(400, "Error: textToSpeechController.getVoices - provider not provided!")
    key = await _key(provider, credential_id, workspace_id(), services) if credential_id else ""
    if services.outgoing is None:
        raise HttpError(500, _NO_CLIENT)
    return json_answer(await voices_of(provider, key, services.outgoing))


async def _speech(body: Mapping[str, Any]) -> Speech:
    """What shall be said and how. Raises FlowisectlError."""
    services, text = current_services(), _text(body, "text")
    if not text:
        raise InvalidRequest("text is required")
    caller = await services.authentication.optional_caller()
    if flow_id := _text(body, "chatflowId"):
        row = await _allowed_flow(flow_id, caller.workspace_id if caller is not None else None, services)
        workspace, settings = row["workspaceId"] or "", _enabled(row)
    else:
        if caller is None:
            raise InvalidRequest("chatflowId is required")
        workspace = caller.workspace_id
        settings = {name: _text(body, name) for name in ("provider", "credentialId", "voice", "model")}
    if not settings.get("provider"):
        raise InvalidRequest("No text to speech provider is switched on")
    provider = str(settings["provider"])
    return Speech(
        provider=provider,
        key=await _key(provider, str(settings.get("credentialId") or ""), workspace, services),
        text=text,
        voice=str(settings.get("voice") or ""),
        model=str(settings.get("model") or ""),
    )


async def _allowed_flow(flow_id: str, workspace: str | None, services: WebServices) -> Row:
    """A public flow, or one of the caller's workspace, that the page's origin may use."""
    stored = await services.flows.get(flow_id_of(flow_id))
    if not stored.is_public and workspace != stored.workspace_id:
        raise HttpError(401, "Unauthorized")
    origin = header(b"origin")
    if origin and not is_domain_allowed(origin, allowed_origins(stored.flow)):
        raise HttpError(403, refusal_text(stored.flow))
    row = await get_flow_row(services.database, stored.flow.id)
    if row is None:
        raise FlowNotFound(flow_id)
    return row


def _enabled(row: Row) -> dict[str, Any]:
    """The settings of the provider that is switched on in the flow."""
    providers = json_value(row["textToSpeech"])
    for name, entry in (providers if isinstance(providers, dict) else {}).items():
        if name != "none" and isinstance(entry, dict) and entry.get("status") is True:
            return {**entry, "provider": name}
    return {}


async def _key(provider: str, credential_id: str, workspace: str, services: WebServices) -> str:
    row = await get_credential(services.database, credential_id) if credential_id else None
    if not await is_usable_in(services.database, row, workspace):
        raise InvalidRequest(f"the credential for {provider} is not there: choose one and save the flow")
    fields = await services.vault.fields(credential_id)
    return str(fields.get(KEY_FIELDS.get(provider, ""), "") or "")


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
