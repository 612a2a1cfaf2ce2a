"""An accepted prediction → its answer: one JSON body, or a stream of events."""

from __future__ import annotations

import time
import uuid
from typing import Any

from quart import Response

from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.runs.flows import StoredFlow
from flowisectl.web.answers import json_bytes
from flowisectl.web.errors import HttpError
from flowisectl.web.organizations import organization_of
from flowisectl.web.prediction_request import chat_id_of
from flowisectl.web.request_source import base_url, current_scope, header
from flowisectl.web.services import WebServices
from flowisectl.web.sse import event_stream


async def prediction_request(
    stored: StoredFlow, body: dict[str, Any], services: WebServices, *, wants_stream: bool, is_internal: bool = False
) -> PredictionRequest:
    """What crosses the queue. Raises InvalidRequest for ids that are no texts."""
    return PredictionRequest(
        flow_id=stored.flow.id,
        flow_version=stored.flow.version,
        chat_id=chat_id_of(body),
        message_id=str(uuid.uuid4()),
        body=body,
        workspace_id=stored.workspace_id,
        organization_id=await organization_of(services.database, stored.workspace_id),
        base_url=base_url(),
        chat_type="INTERNAL" if is_internal else "EXTERNAL",
        is_internal=is_internal,
        is_tool_call=header(b"flowise-tool") == "true",
        wants_stream=wants_stream,
        accepted_ms=int(time.time() * 1000),
    )


async def answer_prediction(prediction: PredictionRequest, services: WebServices, *, error_prefix: str) -> Response:
    """Submit, then stream or wait. Raises HttpError for a run that failed, RedisUnavailable, DeadlinePassed."""
    submission = await services.submitter.submit(prediction)
    if prediction.wants_stream:
        is_http1 = str(current_scope()["http_version"]).startswith("1")
        return event_stream(submission, services.streams, error_prefix=error_prefix, is_http1=is_http1)
    with services.streams.waiting():
        result = await submission.result()
    if result.is_ok:
        return json_bytes(result.body)
    raise HttpError(status_of_result(result), error_prefix + result.error)


def status_of_result(result: PredictionResult) -> int:
    """The status of a run that failed: its own when it is one of an error, else 500."""
    return result.status if 400 <= result.status <= 599 else 500
