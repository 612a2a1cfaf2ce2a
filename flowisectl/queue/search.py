"""Jobs by their state, flow, chat, time and error. The server looks through them in small steps, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.errors import InvalidRequest
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.reading import load_jobs, running_ids, server_ms, untyped
from flowisectl.queue.summary import ENDED, LIVE, JobSummary
from flowisectl.redis_connection import failures_named

STEP = 2_000
"""Jobs that one call looks through: a few milliseconds of the server."""
PAGE = 500
WAITING = ("suspects", "waiting")
"""The lists of jobs that wait. Suspects are taken first, as far as they are taken at all."""


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """What is left empty does not matter."""

    state: str = ""
    flow_id: str = ""
    chat_id: str = ""
    since_ms: int = 0
    """Jobs that ended since then or, as long as they live, were accepted since then."""
    error: str = ""
    """Part of the error's text, in whatever case."""

    def fits(self, job: JobSummary) -> bool:
        return (
            self.state in ("", job.state)
            and self.flow_id in ("", job.flow_id)
            and self.chat_id in ("", job.chat_id)
            and (job.finished_ms or job.accepted_ms) >= self.since_ms
            and self.error.lower() in job.error.lower()
        )


async def list_jobs(
    redis: Redis,
    settings: QueueSettings,
    *,
    state: str | None = None,
    limit: int = 20,
    queue: str = "prediction",
    wanted: JobFilter | None = None,
) -> tuple[JobSummary, ...]:
    """Jobs: running, then waiting in their order, then ended ones, newest first. `state` is short for a filter with it.

    Raises InvalidRequest for an unknown state, RedisUnavailable.
    """
    wanted = wanted or JobFilter(state=state or "")
    if wanted.state and wanted.state not in (*LIVE, *ENDED):
        raise InvalidRequest(f"{wanted.state!r} is no state of a job: {', '.join((*LIVE, *ENDED))}")
    keys, client = QueueKeys(settings.name, queue), untyped(redis)
    jobs: list[JobSummary] = []
    with failures_named(redis):
        now_ms = await server_ms(client)
        if wanted.state in ("", "running") and not wanted.error:
            jobs += await _running(client, keys, now_ms, wanted, limit)
        if wanted.state in ("", "queued") and not wanted.error and len(jobs) < limit:
            jobs += await _waiting(client, keys, now_ms, wanted, limit - len(jobs))
        if wanted.state not in LIVE and len(jobs) < limit:
            jobs += await ended_jobs(client, keys, now_ms, wanted, limit - len(jobs))
    return tuple(jobs)


async def ended_jobs(redis: Any, keys: QueueKeys, now_ms: int, wanted: JobFilter, limit: int) -> list[JobSummary]:
    """The newest ends that fit. Failures of every kind lie in one set."""
    kinds = {"done" if state == "done" else "failed" for state in ((wanted.state,) if wanted.state else ENDED)}
    if wanted.error:
        kinds.discard("done")
    found: list[tuple[float, str]] = []
    for kind in sorted(kinds):
        ids = [job_id async for job_id in _found(redis, keys, kind, wanted, limit)]
        scores = await redis.zmscore(keys[kind], ids) if ids else []
        found += [(score or 0.0, job_id) for score, job_id in zip(scores, ids, strict=True)]
    newest = [job_id for _, job_id in sorted(found, key=lambda row: -row[0])]
    return [job for job in await _loaded(redis, keys, newest[:limit], now_ms) if wanted.fits(job)]


async def _running(redis: Any, keys: QueueKeys, now_ms: int, wanted: JobFilter, limit: int) -> list[JobSummary]:
    workers = [worker.decode() for worker in await redis.zrange(keys["leases"], 0, -1)]
    ids = await running_ids(redis, keys, workers)
    if not (wanted.flow_id or wanted.chat_id or wanted.since_ms):
        ids = ids[:limit]
    jobs = [job for job in await _loaded(redis, keys, ids, now_ms) if wanted.fits(job)]
    return sorted(jobs, key=lambda job: job.started_ms)[:limit]


async def _waiting(redis: Any, keys: QueueKeys, now_ms: int, wanted: JobFilter, limit: int) -> list[JobSummary]:
    if not (wanted.flow_id or wanted.chat_id or wanted.since_ms):
        ids = [job_id.decode() for kind in WAITING for job_id in await redis.lrange(keys[kind], 0, limit - 1)]
    else:
        most = limit if not wanted.since_ms else 10**9
        ids = [job_id for kind in WAITING async for job_id in _found(redis, keys, kind, wanted, most)]
    return [job for job in await _loaded(redis, keys, ids, now_ms) if wanted.fits(job)][:limit]


async def _found(redis: Any, keys: QueueKeys, kind: str, wanted: JobFilter, limit: int) -> AsyncIterator[str]:
    """Ids that fit, the newest first (of waiting ones the next first).

    SORT_RO without sorting gives ids with fields of their jobs, in their order and as fast as the server can: a script would take
    ten times as long, and a server that is out of memory refuses SORT.
    """
    tests = _tests(kind, wanted)
    most = await redis.llen(keys[kind]) if kind in WAITING else await redis.zcount(keys[kind], wanted.since_ms * 1000, "+inf")
    patterns = ["#", *(f"{keys.job('*')}->{name}" for name, _ in tests)]
    wishes = [word for pattern in patterns for word in ("GET", pattern)] + ([] if kind in WAITING else ["DESC"])
    seen = set[str]()
    for first in range(0, most, STEP):
        step = min(STEP, most - first)
        # The library's own method of that name sends SORT.
        flat = await redis.execute_command("SORT_RO", keys[kind], "BY", "nosort", "LIMIT", first, step, *wishes)
        width = len(patterns)
        for place in range(0, len(flat), width):
            if all(fits(flat[place + number] or b"") for number, (_, fits) in enumerate(tests, start=1)):
                job_id = flat[place].decode()
                if job_id not in seen:  # what ended meanwhile has moved the places
                    seen.add(job_id)
                    yield job_id
                    if len(seen) >= limit:
                        return


def _tests(kind: str, wanted: JobFilter) -> list[tuple[str, Callable[[bytes], bool]]]:
    """Fields of a job that decide, and what decides."""
    tests: list[tuple[str, Callable[[bytes], bool]]] = []
    for name, value in (("chat", wanted.chat_id), ("flow", wanted.flow_id), ("state", wanted.state if kind == "failed" else "")):
        if value:
            tests.append((name, value.encode("utf-8", "replace").__eq__))
    if wanted.error:
        text = wanted.error.lower()
        tests.append(("error", lambda error: text in error.decode("utf-8", "replace").lower()))
    return tests


async def _loaded(redis: Any, keys: QueueKeys, ids: list[str], now_ms: int) -> list[JobSummary]:
    jobs: list[JobSummary] = []
    rest = iter(ids)
    while page := list(islice(rest, PAGE)):
        jobs += await load_jobs(redis, keys, page, now_ms)
    return jobs
