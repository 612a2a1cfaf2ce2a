"""What a machine asks of this server: is it alive, is it ready, its numbers. `/healthz` and `/readyz` need no key."""

from __future__ import annotations

from quart import Blueprint, Response

from flowisectl.observability.metrics import OPEN_TYPE, TEXT_TYPE, accepts_open
from flowisectl.web.answers import json_answer, text_answer
from flowisectl.web.errors import HttpError
from flowisectl.web.services import current_services
from flowisectl.web.source import header

blueprint = Blueprint("probes", __name__)
metrics_blueprint = Blueprint("metrics", __name__)


@blueprint.get("/healthz")
async def alive() -> Response:
    """It answers, so its event loop moves."""
    return text_answer("OK")


@blueprint.get("/readyz")
async def ready() -> Response:
    readiness = current_services().readiness
    if readiness is None:
        return json_answer({"status": "ready", "checks": {}})
    report = await readiness.report()
    return json_answer(report.to_json(), 200 if report.is_ready else 503)


@metrics_blueprint.get("/metrics")
async def metrics() -> Response:
    """Behind the gate, as Flowise has it: who scrapes sends an API key."""
    collect = current_services().metrics
    if collect is None:
        raise HttpError(404, "There are no metrics: set ENABLE_METRICS=true")
    is_open = accepts_open(header(b"accept"))
    return Response(await collect(is_open), 200, content_type=OPEN_TYPE if is_open else TEXT_TYPE)
