"""An accepted prediction → its answer: one JSON body, or a stream of events."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from quart import Response

from flowisectl.errors import FlowisectlError, QueueFull
from flowisectl.predictions.idempotency import KeyReused
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.submission import Submission
from flowisectl.runs.flows import StoredFlow
from flowisectl.runs.uploads import store_early
from flowisectl.web.answers import json_bytes
from flowisectl.web.errors import JOB_ID, HttpError
from flowisectl.web.predictions.job_answers import acceptance_of, accepted, cancel_run, queue_full, result_of, wanted_callback
from flowisectl.web.predictions.request import chat_id_of, longest_chat_id
from flowisectl.web.predictions.stored_files import has_files, require_files_of_run, require_shared_files
from flowisectl.web.services import WebServices
from flowisectl.web.source import base_url, current_scope, header, traceparent
from flowisectl.web.sse import event_stream
from flowisectl.web.workspace.organizations import organization_of

Told = Callable[[Submission], Awaitable[Submission]]
"""Is told of a submission, and gives the one to go on with."""
LARGE_UPLOADS = 256 * 1024
"""Characters of uploaded data from which on they are stored before the prediction is queued."""


async def prediction_request(
    stored: StoredFlow, body: dict[str, Any], services: WebServices, *, wants_stream: bool, is_internal: bool = False, chat_type: str = ""
) -> PredictionRequest:
    """What crosses the queue; without a `chat_type` it is INTERNAL or EXTERNAL.

    Raises InvalidRequest for ids that are no texts, StorageUnavailable for files that the run would not find.
    """
    await require_files_of_run(stored.flow, body, services)
    return PredictionRequest(
        flow_id=stored.flow.id,
        flow_version=stored.flow.version,
        chat_id=chat_id_of(body, longest_chat_id(services.database.dialect)),
        message_id=str(uuid.uuid4()),
        body=body,
        workspace_id=stored.workspace_id,
        organization_id=await organization_of(services.database, stored.workspace_id),
        base_url=base_url(),
        chat_type=chat_type or ("INTERNAL" if is_internal else "EXTERNAL"),
        is_internal=is_internal,
        is_tool_call=header(b"flowise-tool") == "true",
        wants_stream=wants_stream,
        accepted_ms=int(time.time() * 1000),
        traceparent=traceparent(),
    )


async def answer_prediction(
    prediction: PredictionRequest,
    services: WebServices,
    *,
    error_prefix: str,
    max_of_flow: int = 0,
    may_call_back: bool = False,
    as_stream: bool | None = None,
    told: Told | None = None,
) -> Response:
    """Submit, then stream or wait, or answer at once when the client prefers that.

    `as_stream` is said where others than the client listen to the run's events; `told` gets the submission as soon as it is made.

    Raises HttpError for a run that failed, RedisUnavailable, DeadlinePassed.
    """
    if uploads := prediction.body.get("uploads"):
        if has_files(uploads):
            await require_shared_files(services)
        prediction = await with_stored_uploads(prediction, services)
    acceptance = acceptance_of(services, max_of_flow)
    if acceptance.is_detached and (callback := wanted_callback(is_allowed=may_call_back)) is not None:
        acceptance = replace(acceptance, callback=callback)
    try:
        submission = await services.submitter.submit(prediction, acceptance)
    except QueueFull as error:
        return queue_full(error)
    except KeyReused as error:
        raise HttpError(422, error.message) from error
    if told is not None:
        submission = await told(submission)
    if acceptance.is_detached:
        return accepted(prediction, submission)
    if prediction.wants_stream if as_stream is None else as_stream:
        answer = event_stream(
            submission,
            services.streams,
            error_prefix=error_prefix,
            is_http1=str(current_scope()["http_version"]).startswith("1"),
            with_ids=acceptance.is_numbered,
            on_left=partial(cancel_run, services, submission.job_id) if services.cancels_on_disconnect else None,
        )
        answer.headers[JOB_ID] = submission.job_id
        return answer
    try:
        with services.streams.waiting():
            result = await result_of(submission, services)
        if not result.is_ok:
            raise HttpError(status_of_result(result), error_prefix + result.error)
    except FlowisectlError as error:
        error.awaited_job = submission.job_id
        raise
    answer = json_bytes(result.body)
    answer.headers[JOB_ID] = submission.job_id
    return answer


async def with_stored_uploads(prediction: PredictionRequest, services: WebServices) -> PredictionRequest:
    """Large uploads go to the storage that main and workers share, not through Redis."""
    uploads = prediction.body["uploads"]
    size = sum(len(upload["data"]) for upload in uploads if isinstance(upload, dict) and isinstance(upload.get("data"), str))
    if services.jobs is None or size < LARGE_UPLOADS:
        return prediction
    blobs = services.blobs.of_organization(prediction.organization_id)
    stored = await store_early(uploads, blobs, flow_id=prediction.flow_id, chat_id=prediction.chat_id)
    return replace(prediction, body={**prediction.body, "uploads": stored})


def status_of_result(result: PredictionResult) -> int:
    """The status of a run that failed: its own when it is one of an error, else 500."""
    return result.status if 400 <= result.status <= 599 else 500
