"""Bodies of requests that are too large for Redis: a light one travels with the job, the database has the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flowisectl.errors import FlowisectlError
from flowisectl.events.wire import from_json, to_json
from flowisectl.runs.outage import through_outage
from flowisectl.runs.payloads import Payloads

SHOWN_CHARACTERS = 2_000
"""Of a text in a body that people shall see of the job."""


def digest_of(body: Mapping[str, Any]) -> str:
    """Equal for bodies with equal members, in whatever order."""
    return hashlib.sha256(to_json(dict(sorted(body.items())))).hexdigest()


def light_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body has of short members, and the beginnings of its texts."""
    light: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, str):
            light[name] = value[:SHOWN_CHARACTERS]
        elif value is None or isinstance(value, (bool, int, float)):
            light[name] = value
    return light


async def put_body(payloads: Payloads, job_id: str, body: Mapping[str, Any]) -> str:
    """Keep a body for a job; gives what `whole_body` asks for. Raises DatabaseUnavailable."""
    digest = digest_of(body)
    await payloads.put(job_id, _name(digest), to_json(body))
    return digest


async def whole_body(payloads: Payloads | None, job_id: str, digest: str) -> Any:
    """The body with this digest. Waits for a database that is away; raises PayloadLost."""
    if payloads is None:
        raise FlowisectlError(f"job {job_id} has its body in the database, which this worker was not given")
    kept = payloads
    return from_json(await through_outage(lambda: kept.get(job_id, _name(digest))))


def _name(digest: str) -> str:
    # Requests with one Idempotency-Key are one job, whatever their bodies: none may be taken for another.
    return f"request:{digest[:32]}"
