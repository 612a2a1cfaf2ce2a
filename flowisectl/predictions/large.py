"""Predictions whose body or answer is too large for Redis: there they are light, and the database has the rest."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from flowisectl.errors import RedisUnavailable
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.runs.large_bodies import light_body, put_body, whole_body
from flowisectl.runs.outage import through_outage
from flowisectl.runs.payloads import LARGE_BYTES, Payloads


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
    kept, name = payloads, f"result:{run}"
    await through_outage(lambda: kept.put(job_id, name, result.body))
    with contextlib.suppress(RedisUnavailable):  # without a mark it goes when it expires
        await kept.mark(job_id)
    return replace(result, body=b"", stored_as=name)


async def whole_result(result: PredictionResult, job_id: str, payloads: Payloads | None) -> PredictionResult:
    """The result with its answer. Raises PayloadLost, DatabaseUnavailable."""
    if not result.stored_as or payloads is None:
        return result
    return replace(result, body=await payloads.get(job_id, result.stored_as), stored_as="")
