"""What Flowise has left in Redis: jobs that wait in its own queues would not be taken over.

Format: BullMQ 5 keeps a queue under `bull:<queue>:`; `wait`, `paused` and `active` are lists, `delayed`, `prioritized`,
`waiting-children` sorted sets of job ids. The queues are called `<QUEUE_NAME>-prediction`, `-upsertion` and `-schedule`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis

from config.settings import Settings
from flowisectl.cli.connections import open_command_redis, redis_address, redis_settings
from flowisectl.cli.takeover.report import Found, Level
from flowisectl.redis_connection import failures_named

QUEUES = ("prediction", "upsertion", "schedule")
_LISTS = ("wait", "paused", "active")
_SETS = ("delayed", "prioritized", "waiting-children")
_SCHEDULE = "schedule"


async def judge_redis(settings: Settings) -> AsyncIterator[Found]:
    """Whether Redis answers, and what waits there. Raises RedisUnavailable."""
    address = redis_address(redis_settings(settings))
    async with open_command_redis(settings) as redis:
        with failures_named(redis):
            waiting = await _waiting(redis, settings.queue.name)
            sessions = await _has_sessions(redis)
    yield Found(what="redis", level=Level.FINE, text=f"{address} answers")
    if waiting:
        counts = "; ".join(
            f"{queue}: {', '.join(f'{count} {state}' for state, count in states.items())}" for queue, states in waiting.items()
        )
        yield Found(
            what="queue",
            level=Level.WARNING,
            text=f"Flowise's own queue is not empty ({counts}): these jobs are not taken over, so let its workers drain it first",
        )
    else:
        yield Found(what="queue", level=Level.FINE, text=f"nothing waits in Flowise's own queues ({settings.queue.name}-*)")
    if sessions:
        yield Found(what="sessions", level=Level.FINE, text="Flowise's sessions in Redis are not taken over: users log in once more")


async def _waiting(redis: Redis, name: str) -> dict[str, dict[str, int]]:
    """Queue → state → how many, without those that are empty. Jobs of the schedule that lie in the future are no loss."""
    client: Any = redis
    found: dict[str, dict[str, int]] = {}
    for queue in QUEUES:
        prefix = f"bull:{name}-{queue}:"
        counts: dict[str, int] = {}
        for state in (*_LISTS, *_SETS):
            if queue == _SCHEDULE and state == "delayed":
                continue
            kind = (await client.type(prefix + state)).decode()
            count = await client.llen(prefix + state) if kind == "list" else await client.zcard(prefix + state) if kind == "zset" else 0
            if count:
                counts[state] = count
        if counts:
            found[f"{name}-{queue}"] = counts
    return found


async def _has_sessions(redis: Redis) -> bool:
    client: Any = redis
    cursor, seen = 0, 0
    while seen < 100:
        cursor, keys = await client.scan(cursor, match="sess:*", count=1000)
        if keys:
            return True
        seen += 1
        if not cursor:
            return False
    return False
