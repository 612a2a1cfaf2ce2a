"""Requests that say they are one: their `Idempotency-Key` becomes the id of their job, the same for every main."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from flowisectl.errors import InvalidRequest, RedisUnavailable
from flowisectl.events.wire import from_json, to_json
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.submission import Acceptance
from flowisectl.queue.keys import QueueKeys
from flowisectl.redis_connection import Pipeline
from flowisectl.runs.large_bodies import digest_of

MAX_KEY = 255


class KeyReused(InvalidRequest):
    """The key stands for another request."""


class IdempotencyKeys:
    """Ids from keys, by a secret that the queue keeps: ids of jobs are what lets a caller see them, so nobody may guess one."""

    def __init__(self, pipeline: Pipeline, keys: QueueKeys) -> None:
        self._pipeline = pipeline
        self._keys = keys

    async def job_id(self, flow_id: str, acceptance: Acceptance) -> str:
        """The id for a key of one caller to one flow. Raises InvalidRequest, RedisUnavailable."""
        key = acceptance.idempotency_key
        if len(key) > MAX_KEY:
            raise InvalidRequest(f"the Idempotency-Key has {len(key)} characters; at most {MAX_KEY} are allowed")
        text = to_json([flow_id, acceptance.caller, key])
        return hmac.digest(await self._secret(), text, "sha256").hex()[:32]

    async def check(self, job_id: str, request: PredictionRequest) -> None:
        """Whether the job there is for the same request. Raises KeyReused, RedisUnavailable."""
        stored = await self._pipeline.execute("HGET", self._keys.job(job_id), "request")
        if stored and not _is_same(from_json(stored), request):
            raise KeyReused("this Idempotency-Key was used for another request: use a new key for each request, or send the same body")

    async def _secret(self) -> bytes:
        # Not kept here: a Redis that lost its data has another.
        name = self._keys["idempotency-secret"]
        found: bytes | None = await self._pipeline.execute("GET", name)
        if found is None:
            await self._pipeline.execute("SET", name, secrets.token_bytes(32), "NX")
            found = await self._pipeline.execute("GET", name)
        if found is None:
            raise RedisUnavailable("Redis keeps no secret for idempotency keys: check its memory policy (noeviction)")
        return found


def _is_same(stored: Mapping[str, Any], request: PredictionRequest) -> bool:
    if digest := stored.get("body_digest"):
        return bool(digest == digest_of(request.body))
    return _named(stored["body"]) == _named(request.body)


def _named(body: Mapping[str, Any]) -> bytes:
    """What makes two bodies equal: all members, in any order."""
    return to_json(dict(sorted(body.items())))


@asynccontextmanager
async def failing_after(seconds: float) -> AsyncIterator[None]:
    """RedisUnavailable when the block takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise RedisUnavailable("Redis did not answer in time: is it frozen? `flowisectl status` tells") from error
