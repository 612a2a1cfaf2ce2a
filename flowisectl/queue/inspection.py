"""What people want to see of a queue: depth, workers, jobs. Data only; what it looks like is the caller's."""

from __future__ import annotations

import orjson
from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.errors import JobNotFound
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.pace import Pace, ask_pace, pace_of
from flowisectl.queue.packed import answer_of
from flowisectl.queue.reading import count_running, server_ms, untyped, whole_id
from flowisectl.queue.search import JobFilter, ended_jobs, list_jobs
from flowisectl.queue.summary import (
    Attempt,
    JobDetail,
    JobSummary,
    NodeLine,
    QueueSnapshot,
    WorkerSummary,
    earlier_attempts,
    job_values,
    node_line,
    object_of,
    request_of,
    worker_summary,
)
from flowisectl.redis_connection import failures_named

__all__ = [
    "Attempt",
    "JobDetail",
    "JobFilter",
    "JobSummary",
    "NodeLine",
    "Pace",
    "QueueSnapshot",
    "WorkerSummary",
    "job_detail",
    "list_jobs",
    "snapshot",
]


async def snapshot(
    redis: Redis, settings: QueueSettings, *, queue: str = "prediction", last: int = 10, with_pace: bool = False
) -> QueueSnapshot:
    """The queue as it is now. Raises RedisUnavailable."""
    keys, client = QueueKeys(settings.name, queue), untyped(redis)
    with failures_named(redis):
        now_ms = await server_ms(client)
        async with client.pipeline(transaction=False) as pipe:
            pipe.llen(keys["waiting"]).lindex(keys["waiting"], 0).zcard(keys["done"]).zcard(keys["failed"])
            pipe.zrange(keys["workers"], 0, -1, withscores=True).zrange(keys["leases"], 0, -1, withscores=True).info()
            pipe.scard(keys["dead"]).get(keys["sequence"]).llen(keys["suspects"]).lindex(keys["suspects"], 0)
            if with_pace:
                ask_pace(pipe, keys, now_ms)
            waiting, head, done, failed, beats, leases, server, dead, sequence, suspects, suspect, *paces = await pipe.execute()
        heads = [job_id.decode() for job_id in (head, suspect) if job_id]
        oldest_ms = min([int(await client.hget(keys.job(job_id), "accepted") or now_ms) for job_id in heads], default=now_ms)
        ids = [worker.decode() for worker, _ in beats]
        about = await client.mget([keys[f"worker:{worker}"] for worker in ids]) if ids else []
        running = await count_running(client, keys, [worker.decode() for worker, _ in leases])
        last_jobs = await ended_jobs(client, keys, now_ms, JobFilter(), last) if last else []
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
        waiting=waiting + suspects,
        running=running,
        oldest_wait_seconds=max(0, now_ms - oldest_ms) / 1000,
        kept_done=done,
        kept_failed=failed,
        workers=tuple(sorted(workers, key=lambda worker: (worker.state == "lost", worker.started_ms))),
        last_jobs=tuple(last_jobs),
        redis_version=str(server.get("valkey_version") or server.get("redis_version", "")),
        redis_memory_bytes=int(server.get("used_memory", 0)),
        dead=dead,
        suspects=suspects,
        pace=pace_of(paces, now_ms, int(sequence or 0)) if with_pace else Pace(),
    )


async def job_detail(redis: Redis, settings: QueueSettings, job_id: str, *, queue: str = "prediction") -> JobDetail:
    """One job by its id or by a prefix that only it has. Raises JobNotFound, InvalidRequest (several match), RedisUnavailable."""
    keys, client = QueueKeys(settings.name, queue), untyped(redis)
    with failures_named(redis):
        now_ms = await server_ms(client)
        fields = await client.hgetall(keys.job(job_id)) if job_id else {}
        if not fields:
            job_id = await whole_id(client, keys, job_id)
            fields = await client.hgetall(keys.job(job_id))
    if not fields:
        raise JobNotFound(job_id)
    request = request_of(fields.get(b"request", b""))
    trace = object_of(fields.get(b"trace", b""))
    result = answer_of(fields.get(b"result", b""))
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
        queue=queue,
        run=int(fields.get(b"runs", b"0")),
        earlier=earlier_attempts(fields, now_ms),
        reply=fields.get(b"reply", b"").decode("utf-8", "replace"),
    )
