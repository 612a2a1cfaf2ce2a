"""Bodies of requests that are too large for Redis: a light one travels with the job, the database has the whole."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from typing import Any

from flowisectl.errors import FlowisectlError, RedisUnavailable
from flowisectl.events.wire import from_json, to_json
from flowisectl.runs.outage import through_outage
from flowisectl.runs.payloads import LARGE_BYTES, Payloads

SHOWN_CHARACTERS = 2_000
"""Of a text in a body that people shall see of the job."""


def digest_of(body: Mapping[str, Any]) -> str:
    """Equal for bodies with equal members, in whatever order."""
    return hashlib.sha256(_in_order(body)).hexdigest()


def light_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body has of short members, and the beginnings of its texts."""
    light: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, str):
            light[name] = value[:SHOWN_CHARACTERS]
        elif value is None or isinstance(value, (bool, int, float)):
            light[name] = value
    return light


def is_surely_large(body: Mapping[str, Any]) -> bool:
    """Whether a body need not be turned into JSON to know that it is too large: it has one long text, as nearly all such bodies."""
    values = [*body.values(), *(inner for value in body.values() if isinstance(value, dict) for inner in value.values())]
    return any(isinstance(value, str) and len(value) >= LARGE_BYTES for value in values)


async def put_body(payloads: Payloads, job_id: str, body: Mapping[str, Any]) -> str:
    """Keep a body for a job; gives what `whole_body` asks for. Raises DatabaseUnavailable.

    What can be done beside the loop is: others wait for each millisecond that a large body takes there.
    """
    data = _in_order(body)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
    await payloads.put(job_id, _name(digest), data)
    return digest


async def whole_body(payloads: Payloads | None, job_id: str, digest: str) -> Any:
    """The body with this digest. Waits for a database that is away; raises PayloadLost."""
    if payloads is None:
        raise FlowisectlError(f"job {job_id} has its body in the database, which this worker was not given")
    kept = payloads
    return from_json(await through_outage(lambda: kept.get(job_id, _name(digest))))


async def put_answer(payloads: Payloads, job_id: str, run: int, body: bytes) -> str:
    """Keep a run's answer, however long the database is away; gives the name for `Payloads.get`."""
    name = f"result:{run}"
    await through_outage(lambda: payloads.put(job_id, name, body))
    with contextlib.suppress(RedisUnavailable):  # without a mark it goes when it expires
        await payloads.mark(job_id)
    return name


def _in_order(body: Mapping[str, Any]) -> bytes:
    return to_json(dict(sorted(body.items())))


def _name(digest: str) -> str:
    # Requests with one Idempotency-Key are one job, whatever their bodies: none may be taken for another.
    return f"request:{digest[:32]}"
