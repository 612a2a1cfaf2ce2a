"""POST /internal-prediction/:id — the user interface's own way to run a flow of its workspace."""

from __future__ import annotations

from quart import Blueprint, Response

from flowisectl.errors import FlowNotFound
from flowisectl.web.access.callers import workspace_id
from flowisectl.web.predictions.answer import answer_prediction, prediction_request
from flowisectl.web.predictions.request import asks_for_internal_stream, checked_body
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.ids import flow_id_of
from flowisectl.web.services import current_services

blueprint = Blueprint("internal_predictions", __name__)


@blueprint.post("/internal-prediction/<flow_id>")
async def create(flow_id: str) -> Response:
    services, workspace = current_services(), workspace_id()
    stored = await services.flows.get(flow_id_of(flow_id))
    if stored.workspace_id != workspace:
        raise FlowNotFound(flow_id)
    body = checked_body(await body_object())
    is_streaming = asks_for_internal_stream(body)
    prediction = await prediction_request(stored, body, services, wants_stream=is_streaming, is_internal=True)
    return await answer_prediction(prediction, services, error_prefix="", may_call_back=True)
