"""Finished predictions out of the queue's memory: what was asked, and how it was answered. Users' requests are never touched."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.cli.shadowing.other_server import CHAT_PREFIX
from flowisectl.cli.shadowing.report import Answer
from flowisectl.predictions.messages import metadata_of
from flowisectl.predictions.request import PredictionResult
from flowisectl.queue.inspection import JobFilter, list_jobs
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.reading import untyped
from flowisectl.queue.summary import object_of, request_of
from flowisectl.redis_connection import failures_named

_FIELDS = ("request", "result", "runs")
_STATES = ("done", "failed")
_SHARES = 1_000_000
_CHAT_TYPES = ("EXTERNAL", "INTERNAL")


@dataclass(frozen=True, kw_only=True)
class Sample:
    job_id: str
    flow_id: str
    chat_id: str
    finished_ms: int
    body: Mapping[str, Any]
    wants_stream: bool
    answer: Answer
    why_left_out: str = ""
    """Why this one cannot be asked again; empty when it can."""


def is_sampled(chat_id: str, percent: float) -> bool:
    """Whether a chat belongs to the sample: all of its questions do, or none, so that a conversation stays whole."""
    digest = hashlib.blake2b(chat_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _SHARES < percent / 100 * _SHARES


async def finished_samples(
    redis: Redis, settings: QueueSettings, *, since_ms: int, flow_id: str, percent: float, limit: int
) -> AsyncIterator[Sample]:
    """The sampled among the newest `limit` ends of each kind since then, the oldest first. Raises RedisUnavailable."""
    jobs = []
    for state in _STATES:
        wanted = JobFilter(state=state, flow_id=flow_id, since_ms=since_ms)
        ended = await list_jobs(redis, settings, limit=limit, wanted=wanted)
        # What a comparison itself has asked, here or from elsewhere, is no request of a user.
        jobs += [job for job in ended if not job.chat_id.startswith(CHAT_PREFIX) and is_sampled(job.chat_id, percent)]
    keys, client = QueueKeys(settings.name, "prediction"), untyped(redis)
    for job in sorted(jobs, key=lambda job: (job.finished_ms, job.id)):
        with failures_named(redis):
            request, result, runs = await client.hmget(keys.job(job.id), _FIELDS)
            log = await client.get(keys[f"log:{job.id}:{(runs or b'0').decode()}"])
        if request:
            yield _sample(job.id, job.flow_id, job.chat_id, job.finished_ms, request, result or b"", log)


def _sample(job_id: str, flow_id: str, chat_id: str, finished_ms: int, data: bytes, ended: bytes, log: bytes | None) -> Sample:
    request = request_of(data)
    is_streamed = bool(request.get("wants_stream"))
    result = PredictionResult.from_bytes(ended, job_id) if ended else PredictionResult.without_worker(job_id, "failed", "")
    kinds = kinds_of(log.splitlines()) if log is not None and is_streamed else None
    body = None
    if result.is_ok and not result.stored_as:
        body = orjson.loads(result.body)
        if is_streamed and isinstance(body, dict):
            # What a client of the stream gets to see of the answer.
            body = {"text": body.get("text") or "", **metadata_of(body)}
    return Sample(
        job_id=job_id,
        flow_id=flow_id,
        chat_id=chat_id,
        finished_ms=finished_ms,
        body=request["body"],
        wants_stream=is_streamed,
        answer=Answer(status=200 if result.is_ok else result.status, body=body, is_stream=is_streamed, kinds=kinds),
        why_left_out=_why_left_out(request, result),
    )


def kinds_of(lines: Sequence[bytes]) -> tuple[str, ...]:
    """The kinds of events, each a line of JSON."""
    return tuple(str(object_of(line).get("event", "")) for line in lines if line)


def _why_left_out(request: Mapping[str, Any], result: PredictionResult) -> str:
    body = request["body"]
    uploads = body.get("uploads")
    if request.get("body_digest") or result.stored_as:
        return "too large for the queue's memory"
    if request.get("is_tool_call") or request.get("chat_type", "EXTERNAL") not in _CHAT_TYPES:
        return "not asked by a client"
    if body.get("humanInput"):
        return "it goes on with a run that waited here"
    if isinstance(uploads, list) and any(isinstance(item, dict) and str(item.get("type", "")).startswith("stored") for item in uploads):
        return "its files are stored here"
    return ""
