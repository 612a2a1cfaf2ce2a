"""ALL /webhook/:id — start an agentflow by a call of another program; and the secret that such calls are signed with."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from quart import Blueprint, Response, request

from flowisectl.database.chat_flow import set_webhook_secret, webhook_secret
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.streaming import can_stream
from flowisectl.errors import FlowNotFound
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.schedule_times import start_of
from flowisectl.predictions.submission import Acceptance
from flowisectl.runs.flows import StoredFlow
from flowisectl.web.access.callers import needs
from flowisectl.web.answers import empty_answer, json_answer
from flowisectl.web.errors import HttpError
from flowisectl.web.flows.limit import count_request
from flowisectl.web.flows.own import own_flow_row
from flowisectl.web.predictions.answer import Told, answer_prediction, prediction_request
from flowisectl.web.predictions.request import checked_body
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.ids import flow_id_of
from flowisectl.web.services import WebServices, current_services
from flowisectl.web.source import HEADERS_KEY, current_scope, header
from flowisectl.web.webhooks.callback import Callback, callback_of, tell_when_done
from flowisectl.web.webhooks.rules import check_content_type, check_method, check_parameters, check_signature, shown_headers, unwrapped

blueprint = Blueprint("webhooks", __name__)

_TASKS: set[asyncio.Task[bool]] = set()
"""What goes on after a 202: without a reference a task may be collected."""


@blueprint.route("/webhook/<flow_id>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def call(flow_id: str) -> Response:
    """Start the flow with what the call brought, as its Start node wants it."""
    services = current_services()
    stored = await services.flows.get(flow_id_of(flow_id))
    headers = await count_request(stored)
    if isinstance(headers, Response):
        return headers
    inputs = _start_inputs(stored)
    raw_body = bytes(await request.body)
    check_signature(inputs, await _secret_of(stored, services), _headers(), raw_body)
    body = unwrapped(await body_object(), header(b"content-type"))
    is_resumed = isinstance(body.get("humanInput"), dict)
    if not is_resumed:
        check_method(inputs, request.method)
        check_content_type(inputs, header(b"content-type"), has_body=bool(raw_body))
        check_parameters(inputs, _headers(), body, request.args)
    mode = inputs.text("webhookResponseMode", "sync")
    callback = callback_of(inputs.text("callbackUrl"), inputs.text("callbackSecret")) if mode == "async" else None
    wants_stream = mode == "stream" and can_stream(stored.flow)
    is_heard = await services.listeners.is_heard(stored.flow.id)
    prediction = await prediction_request(stored, _run_body(body), services, wants_stream=wants_stream or is_heard, chat_type="WEBHOOK")
    told = partial(services.listeners.tell, stored.flow.id, prediction.chat_id) if is_heard else None
    if mode == "async":
        answer = await _accepted(prediction, callback, services, told)
    else:
        answer = await answer_prediction(prediction, services, error_prefix="", as_stream=wants_stream, told=told)
    answer.headers.extend(headers)
    return answer


@blueprint.route("/webhook/", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def missing_id() -> Response:
    raise HttpError(412, "Error: webhookController.createWebhook - id not provided!")


def _start_inputs(stored: StoredFlow) -> NodeInputs:
    start = start_of(stored.flow)
    if start is None or NodeInputs(start.inputs).text("startInputType") != "webhookTrigger":
        raise HttpError(404, f"Chatflow {stored.flow.id} is not configured as a webhook trigger")
    return NodeInputs(start.inputs)


def _headers() -> dict[str, str]:
    found: Mapping[bytes, bytes] = current_scope()[HEADERS_KEY]
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in found.items()}


def _run_body(body: dict[str, Any]) -> dict[str, Any]:
    """The run's body: the call as the flow reads it, and what continues an earlier run."""
    payload = {"body": body, "headers": shown_headers(_headers()), "query": {name: request.args.get(name) for name in request.args}}
    chat_id = body.get("chatId")
    lifted: dict[str, Any] = {name: body[name] for name in ("humanInput", "sessionId") if name in body}
    return checked_body({"webhook": payload, "chatId": chat_id if isinstance(chat_id, str) and chat_id else str(uuid.uuid4()), **lifted})


async def _secret_of(stored: StoredFlow, services: WebServices) -> str:
    encrypted = await webhook_secret(services.database, stored.flow.id)
    return str(services.vault.open(encrypted).get("secret") or "") if encrypted else ""


async def _accepted(prediction: PredictionRequest, callback: Callback | None, services: WebServices, told: Told | None) -> Response:
    """202 now; the outcome goes to the callback, which the queue keeps. Without a queue a stopping server waits for it."""
    if services.jobs is not None:
        submission = await services.submitter.submit(prediction, Acceptance(is_detached=True, callback=callback))
    else:
        submission = await services.submitter.submit(prediction)
    if told is not None:
        submission = await told(submission)
    if services.jobs is None:

        async def tell() -> bool:
            with services.streams.waiting():
                return await tell_when_done(submission, prediction.chat_id, callback, services.outgoing)

        task = asyncio.create_task(tell(), name=f"webhook {prediction.chat_id}")
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)
    return json_answer({"chatId": prediction.chat_id, "status": "PROCESSING"}, 202)


@blueprint.post("/chatflows/<flow_id>/webhook-secret")
@needs("chatflows:update", "agentflows:update")
async def make_secret(flow_id: str) -> Response:
    """A new secret, shown this once."""
    services, row = current_services(), await own_flow_row(flow_id)
    secret = secrets.token_hex(32)
    if await set_webhook_secret(services.database, row["id"], services.vault.seal({"secret": secret})) is None:
        raise FlowNotFound(flow_id)
    services.flows.forget(row["id"])
    return json_answer({"webhookSecret": secret})


@blueprint.delete("/chatflows/<flow_id>/webhook-secret")
@needs("chatflows:update", "agentflows:update")
async def drop_secret(flow_id: str) -> Response:
    services, row = current_services(), await own_flow_row(flow_id)
    if await set_webhook_secret(services.database, row["id"], None) is None:
        raise FlowNotFound(flow_id)
    services.flows.forget(row["id"])
    return empty_answer(204)
