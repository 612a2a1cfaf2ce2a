"""POST /mcp/:id — a flow as an MCP server of one tool; and /mcp-server/:id, by which its owner sets that up."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from quart import Blueprint, Response, request

from flowisectl.database.chat_flow import get_flow_row, update_flow
from flowisectl.database.lookup import Row
from flowisectl.errors import FlowisectlError, FlowNotFound, InvalidRequest
from flowisectl.predictions.request import PredictionResult
from flowisectl.runs.flows import StoredFlow
from flowisectl.secrets.api_keys import bearer_key
from flowisectl.web.access.callers import needs
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError
from flowisectl.web.flows.limit import count_request
from flowisectl.web.flows.own import own_flow_row
from flowisectl.web.json_text import from_json, to_json
from flowisectl.web.mcp.protocol import PARSE_ERROR, McpTool, answer, failure, input_schema
from flowisectl.web.mcp.settings import McpSettings, changed, new_token, settings_of, tool_name
from flowisectl.web.predictions.answer import prediction_request
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.ids import is_uuid
from flowisectl.web.services import current_services
from flowisectl.web.source import header

blueprint = Blueprint("mcp", __name__)

LARGEST_BODY = 1024 * 1024
_REFUSED, _NO_METHOD = -32001, -32000
_CONFIG = ("chatflows:config", "agentflows:config")
_NO_HEADER = "Unauthorized: missing or invalid Authorization header. Use Bearer <token>."
_FAILED = "The flow could not answer: see the server's log, or ask its owner"

log = logging.getLogger(__name__)


@blueprint.post("/mcp/<flow_id>")
async def endpoint(flow_id: str) -> Response:
    """JSON-RPC messages of MCP, with the flow's token."""
    authorization = header(b"authorization")
    if not authorization.startswith("Bearer ") or not bearer_key(authorization):
        return json_answer(failure(_REFUSED, _NO_HEADER), 401)
    found = await _served(flow_id)
    if found is None:
        return json_answer(failure(_REFUSED, "MCP server not found"), 404)
    stored, settings = found
    if not settings.is_token(bearer_key(authorization)):
        return json_answer(failure(_REFUSED, "Unauthorized"), 401)
    headers = await count_request(stored)
    if isinstance(headers, Response):
        return headers
    data = bytes(await request.body)
    if len(data) > LARGEST_BODY:
        raise HttpError(413, "request entity too large")
    try:
        message = from_json(data)
    except InvalidRequest:
        return json_answer(failure(PARSE_ERROR, "Parse error: the body is not valid JSON"), 400)
    tool = McpTool(
        name=tool_name(settings, stored.flow.name),
        description=settings.description or f"Ask the flow {stored.flow.name}",
        schema=input_schema(stored),
    )
    reply = await answer(message, tool, lambda arguments: _call(stored, arguments))
    return json_answer(reply) if reply is not None else Response(b"", 202)


@blueprint.delete("/mcp/<_flow_id>")
async def no_session(_flow_id: str) -> Response:
    """There are no sessions that could be ended."""
    return json_answer(failure(_NO_METHOD, "Method not allowed."), 405)


async def _served(flow_id: str) -> tuple[StoredFlow, McpSettings] | None:
    services = current_services()
    if not is_uuid(flow_id):
        return None
    row = await get_flow_row(services.database, flow_id.lower())
    settings = settings_of(row["mcpServerConfig"]) if row is not None else McpSettings()
    if not settings.enabled:
        return None
    try:
        return await services.flows.get(flow_id.lower()), settings
    except FlowisectlError:
        return None


async def _call(stored: StoredFlow, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run the flow once, in a chat of its own; a failure is a result that says so."""
    services = current_services()
    body: dict[str, Any] = {name: arguments[name] for name in ("question", "form") if name in arguments}
    body["chatId"] = str(uuid.uuid4())
    try:
        prediction = await prediction_request(stored, body, services, wants_stream=False, is_internal=True, chat_type="MCP")
        submission = await services.submitter.submit(prediction)
        with services.streams.waiting():
            result: PredictionResult = await submission.result()
    except FlowisectlError as error:
        log.warning("an MCP call of flow %s failed: %s", stored.flow.id, error)
        return _content(_FAILED, is_error=True)
    if not result.is_ok:
        log.warning("an MCP call of flow %s failed: %s", stored.flow.id, result.error)
        return _content(_FAILED, is_error=True)
    return _content(_text_of(result.body))


def _text_of(body: bytes) -> str:
    value = orjson.loads(body)
    if not isinstance(value, dict):
        return body.decode()
    if isinstance(value.get("text"), str) and value["text"]:
        return str(value["text"])
    return to_json(value["json"] if value.get("json") else value).decode()


def _content(text: str, *, is_error: bool = False) -> dict[str, Any]:
    content: dict[str, Any] = {"content": [{"type": "text", "text": text}]}
    return {**content, "isError": True} if is_error else content


@blueprint.get("/mcp-server/<flow_id>")
@needs(*_CONFIG)
async def read(flow_id: str) -> Response:
    return json_answer(settings_of((await own_flow_row(flow_id))["mcpServerConfig"]).to_json())


@blueprint.post("/mcp-server/<flow_id>")
@needs(*_CONFIG)
async def switch_on(flow_id: str) -> Response:
    """Serve the flow; a flow that is served already keeps its token."""
    row = await own_flow_row(flow_id)
    settings = settings_of(row["mcpServerConfig"])
    if settings.enabled:
        return json_answer(settings.to_json(), 201)
    wanted = {name: value for name, value in (await body_object()).items() if name in ("toolName", "description")}
    settings = replace(changed(settings, wanted), enabled=True, token=settings.token or new_token())
    await _keep(row, settings)
    return json_answer(settings.to_json(), 201)


@blueprint.put("/mcp-server/<flow_id>")
@needs(*_CONFIG)
async def update(flow_id: str) -> Response:
    row = await own_flow_row(flow_id)
    settings = changed(settings_of(row["mcpServerConfig"]), await body_object())
    if settings.enabled and not settings.token:
        settings = replace(settings, token=new_token())
    await _keep(row, settings)
    return json_answer(settings.to_json())


@blueprint.delete("/mcp-server/<flow_id>")
@needs(*_CONFIG)
async def switch_off(flow_id: str) -> Response:
    row = await own_flow_row(flow_id)
    await _keep(row, replace(settings_of(row["mcpServerConfig"]), enabled=False))
    return json_answer({"message": "MCP server config disabled"})


@blueprint.post("/mcp-server/<flow_id>/refresh")
@needs(*_CONFIG)
async def refresh(flow_id: str) -> Response:
    """A new token; the old one ends."""
    row = await own_flow_row(flow_id)
    settings = settings_of(row["mcpServerConfig"])
    if not settings.enabled:
        raise HttpError(404, f"Flow {row['id']} serves no MCP: switch it on first")
    settings = replace(settings, token=new_token())
    await _keep(row, settings)
    return json_answer(settings.to_json())


async def _keep(row: Row, settings: McpSettings) -> None:
    services = current_services()
    if not services.database.has_column("chat_flow", "mcpServerConfig"):
        raise InvalidRequest("this database has no column for MCP: start Flowise 3.1.3 on it once")
    if await update_flow(services.database, row["id"], {"mcpServerConfig": settings.to_text()}) is None:
        raise FlowNotFound(row["id"])
    services.flows.forget(row["id"])
