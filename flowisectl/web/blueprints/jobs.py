"""Jobs by their ids: what has become of one, its events from the beginning or from where a client had come, an end to it.

The id is what lets a caller in: 128 random bits that only who made the request was told (header `X-Job-Id`, answer 202).
"""

from __future__ import annotations

from quart import Blueprint, Response, request

from flowisectl.errors import JobNotFound
from flowisectl.predictions.job_status import JobStatus
from flowisectl.predictions.place import Place
from flowisectl.predictions.request import EXTERNAL_PREFIX
from flowisectl.predictions.submission import JobDesk
from flowisectl.web.answers import json_answer, json_bytes
from flowisectl.web.errors import HttpError
from flowisectl.web.services import current_services
from flowisectl.web.source import current_scope, header
from flowisectl.web.sse import event_stream

blueprint = Blueprint("jobs", __name__)

LIVE_RETRY_SECONDS = "1"


def _desk() -> JobDesk:
    desk = current_services().jobs
    if desk is None:
        raise HttpError(404, "There are no jobs with MODE=main: set MODE=queue")
    return desk


async def _job(job_id: str) -> JobStatus:
    try:
        return await _desk().job(job_id)
    except JobNotFound as error:
        raise HttpError(404, error.message) from error


@blueprint.get("/jobs/<job_id>")
async def status(job_id: str) -> Response:
    job = await _job(job_id)
    answer = json_bytes(job.to_bytes())
    answer.headers["Cache-Control"] = "no-store"
    if job.is_live:
        answer.headers["Retry-After"] = LIVE_RETRY_SECONDS
    return answer


@blueprint.get("/jobs/<job_id>/events")
async def events(job_id: str) -> Response:
    """The job's events, with ids; after `Last-Event-ID`, a header or the query `lastEventId`, when there is one."""
    job, services = await _job(job_id), current_services()
    prefix = "" if job.is_internal else EXTERNAL_PREFIX
    after = Place.parse(header(b"last-event-id") or request.args.get("lastEventId", ""))
    return event_stream(
        _desk().follow(job_id, after=after, error_prefix=prefix),
        services.streams,
        error_prefix=prefix,
        is_http1=str(current_scope()["http_version"]).startswith("1"),
        with_ids=True,
    )


@blueprint.put("/jobs/<job_id>/abort")
async def abort(job_id: str) -> Response:
    """Stop the job. One that has ended is left as it is."""
    await _job(job_id)
    await _desk().stop_job(job_id)
    return json_answer((await _desk().job(job_id)).state)
