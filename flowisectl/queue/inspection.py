"""What people want to see of a queue: depth, workers, jobs. Data only; what it looks like is the caller's."""

from __future__ import annotations

from typing import Any

import orjson
from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.errors import InvalidRequest, JobNotFound
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.summary import (
    ENDED,
    LIVE,
    SUMMARY_FIELDS,
    JobDetail,
    JobSummary,
    NodeLine,
    QueueSnapshot,
    WorkerSummary,
    job_values,
    node_line,
    object_of,
    request_of,
    worker_summary,
)
from flowisectl.redis_connection import failures_named

__all__ = ["JobDetail", "JobSummary", "NodeLine", "QueueSnapshot", "WorkerSummary", "job_detail", "list_jobs", "snapshot"]

MAX_SCAN = 10_000


async def snapshot(redis: Redis, settings: QueueSettings, *, queue: str = "prediction", last: int = 10) -> QueueSnapshot:
    """The queue as it is now. Raises RedisUnavailable."""
    keys, client = QueueKeys(settings.name, queue), _untyped(redis)
    with failures_named(redis):
        now_ms = await _now_ms(client)
        async with client.pipeline(transaction=False) as pipe:
            pipe.llen(keys["waiting"]).lindex(keys["waiting"], 0).zcard(keys["done"]).zcard(keys["failed"])
            pipe.zrange(keys["workers"], 0, -1, withscores=True).zrange(keys["leases"], 0, -1, withscores=True).info()
            waiting, head, done, failed, beats, leases, server = await pipe.execute()
        oldest_ms = int(await client.hget(keys.job(head.decode()), "accepted") or now_ms) if head else now_ms
        ids = [worker.decode() for worker, _ in beats]
        about = await client.mget([keys[f"worker:{worker}"] for worker in ids]) if ids else []
        running = await _running(client, keys, [worker.decode() for worker, _ in leases])
        last_jobs = await _ended(client, keys, now_ms, last, ENDED) if last else []
    alive = {worker.decode(): until for worker, until in leases}
    workers = [
        worker_summary(worker, orjson.loads(data), alive.get(worker, 0) > now_ms, (now_ms - beat) / 1000)
        for (_, beat), worker, data in zip(beats, ids, about, strict=True)
        if data
    ]
    return QueueSnapshot(
        name=settings.name,
        queue=queue,
        taken_ms=now_ms,
        waiting=waiting,
        running=len(running),
        oldest_wait_seconds=max(0, now_ms - oldest_ms) / 1000,
        kept_done=done,
        kept_failed=failed,
        workers=tuple(sorted(workers, key=lambda worker: (worker.state == "lost", worker.started_ms))),
        last_jobs=tuple(last_jobs),
        redis_version=str(server.get("valkey_version") or server.get("redis_version", "")),
        redis_memory_bytes=int(server.get("used_memory", 0)),
    )


async def job_detail(redis: Redis, settings: QueueSettings, job_id: str, *, queue: str = "prediction") -> JobDetail:
    """One job by its id or by a prefix that only it has. Raises JobNotFound, InvalidRequest (several match), RedisUnavailable."""
    keys, client = QueueKeys(settings.name, queue), _untyped(redis)
    with failures_named(redis):
        now_ms = await _now_ms(client)
        fields = await client.hgetall(keys.job(job_id)) if job_id else {}
        if not fields:
            job_id = await _whole_id(client, keys, job_id)
            fields = await client.hgetall(keys.job(job_id))
    if not fields:
        raise JobNotFound(job_id)
    request = request_of(fields.get(b"request", b""))
    trace = object_of(fields.get(b"trace", b""))
    # A worker's result is one line about how it ended, then the answer as the client gets it.
    result = fields.get(b"result", b"").partition(b"\n")[2]
    question = request.get("body", {}).get("question", "")
    return JobDetail(
        **job_values(job_id, fields, now_ms),
        nodes=tuple(node_line(line, ended_ms=int(fields.get(b"finished", b"0")), now_ms=now_ms) for line in trace.get("nodes", [])),
        notes=tuple(trace.get("notes", [])),
        result=result.decode("utf-8", "replace"),
        is_streaming=bool(request.get("wants_stream")),
        events=max(0, int(fields.get(b"events", b"0"))),
        message_id=str(request.get("message_id", "")),
        question=question if isinstance(question, str) else "",
    )


async def list_jobs(
    redis: Redis, settings: QueueSettings, *, state: str | None = None, limit: int = 20, queue: str = "prediction"
) -> tuple[JobSummary, ...]:
    """Jobs: running, then waiting in their order, then ended ones, newest first. `state` is one of JobSummary's.

    Raises InvalidRequest for an unknown state, RedisUnavailable.
    """
    if state is not None and state not in (*LIVE, *ENDED):
        raise InvalidRequest(f"{state!r} is no state of a job: {', '.join((*LIVE, *ENDED))}")
    keys, client = QueueKeys(settings.name, queue), _untyped(redis)
    jobs: list[JobSummary] = []
    with failures_named(redis):
        now_ms = await _now_ms(client)
        if state in (None, "running"):
            workers = [worker.decode() for worker in await client.zrange(keys["leases"], 0, -1)]
            ids = await _running(client, keys, workers)
            jobs += sorted(await _load(client, keys, ids[:limit], now_ms), key=lambda job: job.started_ms)
        if state in (None, "queued") and len(jobs) < limit:
            ids = [job_id.decode() for job_id in await client.lrange(keys["waiting"], 0, limit - len(jobs) - 1)]
            jobs += await _load(client, keys, ids, now_ms)
        if state not in LIVE and len(jobs) < limit:
            jobs += await _ended(client, keys, now_ms, limit - len(jobs), (state,) if state else ENDED)
    return tuple(jobs)


def _untyped(redis: Redis) -> Any:
    """The library types one client for both its blocking and its async use, which says nothing that can be checked."""
    return redis


async def _now_ms(redis: Any) -> int:
    seconds, micros = await redis.time()
    return int(seconds) * 1000 + int(micros) // 1000


async def _running(redis: Any, keys: QueueKeys, workers: list[str]) -> list[str]:
    async with redis.pipeline(transaction=False) as pipe:
        for worker in workers:
            pipe.zrange(keys[f"running:{worker}"], 0, -1)
        return [job_id.decode() for ids in await pipe.execute() for job_id in ids]


async def _ended(redis: Any, keys: QueueKeys, now_ms: int, limit: int, states: tuple[str, ...]) -> list[JobSummary]:
    """The newest ends in these states. Failures of every kind lie in one set, so more are read than asked for."""
    reach = limit if set(states) >= set(ENDED) or states == ("done",) else MAX_SCAN
    async with redis.pipeline(transaction=False) as pipe:
        for name in {"done" if state == "done" else "failed" for state in states}:
            pipe.zrange(keys[name], 0, reach - 1, desc=True, withscores=True)
        rows = [row for rows in await pipe.execute() for row in rows]
    newest = [job_id.decode() for job_id, _ in sorted(rows, key=lambda row: -row[1])]
    jobs: list[JobSummary] = []
    for start in range(0, len(newest), 500):
        jobs += [job for job in await _load(redis, keys, newest[start : start + 500], now_ms) if job.state in states]
        if len(jobs) >= limit:
            break
    return jobs[:limit]


async def _load(redis: Any, keys: QueueKeys, ids: list[str], now_ms: int) -> list[JobSummary]:
    async with redis.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.hmget(keys.job(job_id), SUMMARY_FIELDS)
        rows = await pipe.execute()
    names = [name.encode() for name in SUMMARY_FIELDS]
    given = [{name: value for name, value in zip(names, row, strict=True) if value} for row in rows]
    found = zip(ids, given, strict=True)
    return [JobSummary.from_fields(job_id, fields, now_ms=now_ms) for job_id, fields in found if fields]


async def _whole_id(redis: Any, keys: QueueKeys, prefix: str) -> str:
    """The one id that begins like this. Only hexadecimal digits make sense, so no pattern can be smuggled in."""
    if not prefix or not set(prefix.lower()) <= set("0123456789abcdef"):
        raise JobNotFound(prefix)
    found: set[str] = set()
    async for key in redis.scan_iter(match=keys.job(f"{prefix.lower()}*"), count=1000):
        found.add(key.decode().removeprefix(keys.job("")))
        if len(found) > 1:
            raise InvalidRequest(f"several jobs begin with {prefix}: write more of the id")
    if not found:
        raise JobNotFound(prefix)
    return found.pop()
