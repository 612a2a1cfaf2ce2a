"""Predictions whose body, answer or events are too large for Redis: there they are light, and the database has the rest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from flowisectl.errors import RedisUnavailable
from flowisectl.events.buffer import EventsLost
from flowisectl.events.wire import has_kept, kept_event, kept_name
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.runs.large_bodies import light_body, put_answer, put_body, whole_body
from flowisectl.runs.outage import through_outage
from flowisectl.runs.payloads import LARGE_BYTES, PayloadLost, Payloads

READ_SECONDS = 30.0
"""How long the reader of a stream waits for a database that is away. Then its stream ends with an error; the run goes on."""


async def light_request(request: PredictionRequest, job_id: str, payloads: Payloads) -> PredictionRequest:
    """The request as it goes to Redis; its body is in the database when this returns. Raises DatabaseUnavailable."""
    digest = await put_body(payloads, job_id, request.body)
    return replace(request, body=light_body(request.body), body_digest=digest)


async def whole_request(request: PredictionRequest, job_id: str, payloads: Payloads | None) -> PredictionRequest:
    """The request with its body. Waits for a database that is away; raises PayloadLost."""
    if not request.body_digest:
        return request
    return replace(request, body=await whole_body(payloads, job_id, request.body_digest), body_digest="")


async def light_result(result: PredictionResult, job_id: str, run: int, payloads: Payloads | None) -> PredictionResult:
    """The result as it goes to Redis; a large answer is in the database when this returns, however long that is away."""
    if len(result.body) < LARGE_BYTES or payloads is None:
        return result
    return replace(result, body=b"", stored_as=await put_answer(payloads, job_id, run, result.body))


async def whole_result(result: PredictionResult, job_id: str, payloads: Payloads | None) -> PredictionResult:
    """The result with its answer. Raises PayloadLost, DatabaseUnavailable."""
    if not result.stored_as or payloads is None:
        return result
    return replace(result, body=await payloads.get(job_id, result.stored_as), stored_as="")


async def keep_event(payloads: Payloads, job_id: str, run: int, number: int, event: bytes) -> bytes:
    """Keep an event of a run; gives what travels in its place. Raises DatabaseUnavailable."""
    name = f"event:{run}:{number}"
    await payloads.put(job_id, name, event)
    with contextlib.suppress(RedisUnavailable):  # without a mark it goes when it expires
        await payloads.mark(job_id)
    return kept_event(name, event)


async def whole_events(events: Sequence[bytes], job_id: str, payloads: Payloads | None) -> list[bytes]:
    """The events themselves, where some stand for those that are kept. Raises EventsLost."""
    if payloads is None or not has_kept(events):
        return [*events]
    kept = payloads
    try:
        async with asyncio.timeout(READ_SECONDS):
            return [await through_outage(partial(kept.get, job_id, name)) if (name := kept_name(event)) else event for event in events]
    except (PayloadLost, TimeoutError) as error:
        reason = str(error) or "the database does not answer"
        raise EventsLost(f"large events of job {job_id} cannot be read ({reason}); its result is kept") from error
