"""What a client may ask of a prediction beside its answer: not to wait, to be one with an earlier request, to come back later."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Coroutine
from typing import Any

from quart import Response

from flowisectl.errors import FlowisectlError, QueueFull
from flowisectl.predictions.job_status import urls
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.submission import PLAIN, Acceptance, Submission
from flowisectl.web.answers import json_answer, text_answer
from flowisectl.web.errors import JOB_ID, HttpError
from flowisectl.web.services import WebServices
from flowisectl.web.source import client_left, header
from flowisectl.web.webhooks.callback import Callback, callback_of

BUSY_RETRY_SECONDS = "2"

log = logging.getLogger(__name__)
_working: set[asyncio.Task[None]] = set()


def acceptance_of(services: WebServices, max_of_flow: int = 0) -> Acceptance:
    """`Prefer: respond-async`, `Idempotency-Key`, and `X-Event-Ids: true` or `Last-Event-ID` of the current request.

    Where there are no jobs to come back to (MODE=main), the first two are left out, as their standards allow.
    """
    ids = header(b"x-event-ids") == "true" or bool(header(b"last-event-id"))
    key, prefer = header(b"idempotency-key"), header(b"prefer")
    if not (key or prefer or ids or max_of_flow):
        return PLAIN
    has_jobs = services.jobs is not None
    return Acceptance(
        idempotency_key=key if has_jobs else "",
        caller=hashlib.sha256(header(b"authorization").encode()).hexdigest(),
        is_detached=has_jobs and "respond-async" in [part.strip().lower() for part in prefer.split(",")],
        is_numbered=ids,
        max_of_flow=max_of_flow,
    )


def wanted_callback(*, is_allowed: bool) -> Callback | None:
    """`X-Callback-Url` of the current request, and `X-Callback-Secret` to sign with; None when none is asked for.

    Only callers who proved who they are may have this server call an address. Raises HttpError 400 and 403.
    """
    callback = callback_of(header(b"x-callback-url"), header(b"x-callback-secret"))
    if callback is not None and not is_allowed:
        raise HttpError(403, "X-Callback-Url is for flows with an API key: give the flow one, or ask for the job's statusUrl")
    return callback


def accepted(prediction: PredictionRequest, submission: Submission) -> Response:
    """202: the job's id, and where to ask for it."""
    where = urls(submission.job_id)
    body = {"id": submission.job_id, "chatId": prediction.chat_id, **where}
    answer = json_answer(body, 202)
    answer.headers.extend({"Location": where["statusUrl"], "Preference-Applied": "respond-async", JOB_ID: submission.job_id})
    return answer


def queue_full(error: QueueFull) -> Response:
    """429 with the reason as plain text, which the chat widget shows."""
    answer = text_answer(error.message, 429)
    answer.headers["Retry-After"] = BUSY_RETRY_SECONDS
    return answer


async def result_of(submission: Submission, services: WebServices) -> PredictionResult:
    """Wait for a result; a client that leaves meanwhile cancels the run when ON_DISCONNECT says so."""
    left = client_left() if services.cancels_on_disconnect else None
    if left is None:
        return await submission.result()
    result, leaving = asyncio.ensure_future(submission.result()), asyncio.ensure_future(left)
    try:
        await asyncio.wait([result, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not result.done():
            cancel_run(services, submission.job_id)
        return await result
    finally:
        result.cancel()
        leaving.cancel()


def cancel_run(services: WebServices, job_id: str) -> None:
    """Stop a run that nobody waits for any more."""
    _keep(_cancel(services, job_id))


def _keep(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _working.add(task)
    task.add_done_callback(_working.discard)


async def _cancel(services: WebServices, job_id: str) -> None:
    try:
        await services.submitter.stop_job(job_id)
    except FlowisectlError as error:
        log.warning("job %s, whose client left, could not be stopped: %s", job_id, error)
