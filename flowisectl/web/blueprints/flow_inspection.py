"""What a flow is like: its inputs that may be overridden, what is wrong with it, how much it was used."""

from __future__ import annotations

from quart import Blueprint, Response, request

from flowisectl.database.message_listing import message_statistics
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import service_text
from flowisectl.web.flows.overridable import node_inputs, overridable_inputs
from flowisectl.web.flows.own import missing_flow_of, own_flow, own_flow_row
from flowisectl.web.flows.validation import issues_of
from flowisectl.web.requests.body import body_object
from flowisectl.web.requests.message_filter import message_filter
from flowisectl.web.services import current_services

blueprint = Blueprint("flow_inspection", __name__)

VALIDATES = "validationService.checkFlowValidation"


@blueprint.get("/flow-config/<flow_id>")
async def flow_config(flow_id: str) -> Response:
    """The inputs of a flow's nodes that `overrideConfig` may name."""
    with missing_flow_of("flowConfigService.getSingleFlowConfig"):
        stored = await own_flow(flow_id)
    return json_answer(overridable_inputs(stored.flow, current_services().catalogue))


@blueprint.post("/node-config")
async def node_config() -> Response:
    """The same for one node that is not saved yet; the body is the node's data."""
    body = await body_object()
    params = [param for param in _list(body.get("inputParams")) + _list(body.get("inputs")) if isinstance(param, dict)]
    values = body.get("inputs")
    inputs = values if isinstance(values, dict) else {}
    return json_answer(node_inputs(str(body.get("label", "")), str(body.get("id", "")), params, inputs))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


@blueprint.get("/validation/<flow_id>")
async def validation(flow_id: str) -> Response:
    """What is wrong with a flow; an empty list when all is well."""
    with missing_flow_of(VALIDATES, service_text(VALIDATES, "flow not found!")):
        row = await own_flow_row(flow_id)
    services = current_services()
    return json_answer(issues_of(row["flowData"], services.catalogue, min_schedule_seconds=services.min_schedule_seconds))


@blueprint.get("/stats/<flow_id>")
async def stats(flow_id: str) -> Response:
    """How many messages, sessions and ratings a flow has."""
    with missing_flow_of("statsService.getChatflowStats", "Unauthorized access"):
        row = await own_flow_row(flow_id)
    return json_answer(await message_statistics(current_services().database, row["id"], message_filter(request.args)))
