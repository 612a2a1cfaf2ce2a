"""Small reads of a queue that every view needs: the server's clock, what runs, jobs by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from flowisectl.errors import InvalidRequest, JobNotFound
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.summary import SUMMARY_FIELDS, JobSummary

SCAN_COUNT = 5_000


def untyped(redis: Redis) -> Any:
    """The library types one client for both its blocking and its async use, which says nothing that can be checked."""
    return redis


async def server_ms(redis: Any) -> int:
    """Redis' own clock, in milliseconds since 1970: every time in a queue is of this clock."""
    seconds, micros = await redis.time()
    return int(seconds) * 1000 + int(micros) // 1000


async def running_ids(redis: Any, keys: QueueKeys, workers: Sequence[str]) -> list[str]:
    """The jobs that these workers have, worker by worker, each one's in the order in which they were queued."""
    async with redis.pipeline(transaction=False) as pipe:
        for worker in workers:
            pipe.zrange(keys[f"running:{worker}"], 0, -1)
        return [job_id.decode() for ids in await pipe.execute() for job_id in ids]


async def count_running(redis: Any, keys: QueueKeys, workers: Sequence[str]) -> int:
    async with redis.pipeline(transaction=False) as pipe:
        for worker in workers:
            pipe.zcard(keys[f"running:{worker}"])
        return sum(await pipe.execute())


async def load_jobs(redis: Any, keys: QueueKeys, ids: Sequence[str], now_ms: int) -> list[JobSummary]:
    """Those of the jobs that are there, in order."""
    async with redis.pipeline(transaction=False) as pipe:
        for job_id in ids:
            pipe.hmget(keys.job(job_id), SUMMARY_FIELDS)
        rows = await pipe.execute()
    names = [name.encode() for name in SUMMARY_FIELDS]
    given = [{name: value for name, value in zip(names, row, strict=True) if value} for row in rows]
    return [JobSummary.from_fields(job_id, fields, now_ms=now_ms) for job_id, fields in zip(ids, given, strict=True) if fields]


async def ids_beginning(redis: Any, keys: QueueKeys, prefix: str, limit: int) -> list[str]:
    """Up to so many ids that begin like this. Only hexadecimal digits make sense, so no pattern can be smuggled in."""
    if not set(prefix.lower()) <= set("0123456789abcdef"):
        return []
    found: set[str] = set()
    async for key in redis.scan_iter(match=keys.job(f"{prefix.lower()}*"), count=SCAN_COUNT):
        found.add(key.decode().removeprefix(keys.job("")))
        if len(found) >= limit:
            break
    return sorted(found)


async def whole_id(redis: Any, keys: QueueKeys, prefix: str) -> str:
    """The one id that begins like this. Raises JobNotFound, InvalidRequest when several do."""
    found = await ids_beginning(redis, keys, prefix, 2) if prefix else []
    if len(found) > 1:
        raise InvalidRequest(f"several jobs begin with {prefix}: write more of the id")
    if not found:
        raise JobNotFound(prefix)
    return found[0]
