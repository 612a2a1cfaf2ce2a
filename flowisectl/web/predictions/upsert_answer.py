"""An upsert that was asked for → its answer."""

from __future__ import annotations

from quart import Response

from flowisectl.documents.request import UpsertRequest
from flowisectl.errors import DeadlinePassed, FlowError, Unavailable
from flowisectl.web.answers import json_bytes
from flowisectl.web.services import current_services


async def answer_upsert(request: UpsertRequest) -> Response:
    """Submit and wait. Raises FlowError with the text of an upsert that failed, Unavailable, DeadlinePassed."""
    services = current_services()
    submission = await services.upserts.submit(request)
    with services.streams.waiting():
        result = await submission.result()
    if result.is_ok:
        return json_bytes(result.body)
    if result.status == 504:
        raise DeadlinePassed(result.error)
    if result.status == 503:
        raise Unavailable(result.error)
    raise FlowError(result.error)
