"""POST /prediction/:id — run a flow for anybody whom the flow's owner lets in."""

from __future__ import annotations

from quart import Blueprint, Response

from flowisectl.engine.streaming import can_stream
from flowisectl.errors import InvalidApiKey, InvalidFlow
from flowisectl.web.access.cors import is_domain_allowed
from flowisectl.web.access.rate_limit import most_at_once
from flowisectl.web.answers import owner_text_answer
from flowisectl.web.errors import HttpError, service, service_text
from flowisectl.web.flows.domains import allowed_origins, refusal_text
from flowisectl.web.flows.limit import count_request
from flowisectl.web.predictions.answer import answer_prediction, prediction_request
from flowisectl.web.predictions.multipart import is_multipart, read_form, stored_form
from flowisectl.web.predictions.request import asks_for_stream, checked_body
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.ids import flow_id_of
from flowisectl.web.services import current_services
from flowisectl.web.source import header

blueprint = Blueprint("predictions", __name__)

RUNS = "predictionsServices.buildChatflow"
STREAM_CHECK = "chatflowsService.checkIfChatflowIsValidForStreaming"


@blueprint.post("/prediction/")
async def missing_id() -> Response:
    raise HttpError(412, "Error: predictionsController.createPrediction - id not provided!")


@blueprint.post("/prediction/<flow_id>")
async def create(flow_id: str) -> Response:
    services = current_services()
    try:
        stored = await services.flows.get(flow_id_of(flow_id))
    except InvalidFlow as error:
        raise HttpError(500, service_text(STREAM_CHECK, error.message)) from error
    await services.authentication.refuse_other_workspace(flow_id, stored.workspace_id)
    headers = await count_request(stored)
    if isinstance(headers, Response):
        return headers
    form = await read_form() if is_multipart() else None
    body = form.body() if form is not None else checked_body(await body_object())
    with service(STREAM_CHECK):
        is_streaming = can_stream(stored.flow) and asks_for_stream(body)
    origin = header(b"origin")
    if origin and not is_domain_allowed(origin, allowed_origins(stored.flow)):
        if is_streaming:
            return owner_text_answer(refusal_text(stored.flow), 403)
        raise HttpError(403, refusal_text(stored.flow))
    if stored.api_key_id:
        try:
            await services.authentication.check_flow_key(header(b"authorization"), stored)
        except InvalidApiKey as error:
            raise HttpError(401, service_text(RUNS, error.message)) from error
    if form is not None:
        body = await stored_form(form, stored, services)
    prediction = await prediction_request(stored, body, services, wants_stream=is_streaming)
    answer = await answer_prediction(
        prediction,
        services,
        error_prefix=service_text(RUNS, ""),
        max_of_flow=most_at_once(stored.flow.api_config),
        may_call_back=bool(stored.api_key_id),
    )
    if headers:
        answer.headers.extend(headers)
    return answer
