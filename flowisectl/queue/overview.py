"""Everything that one look at a running service shows: the queue server, both queues, the roles."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from config.settings import QueueSettings
from flowisectl.queue.inspection import snapshot
from flowisectl.queue.reading import server_ms, untyped
from flowisectl.queue.roster import RoleSeen, read_roster
from flowisectl.queue.summary import QueueSnapshot
from flowisectl.redis_connection import failures_named, is_refusal, to_unavailable, where_is

QUEUES = ("prediction", "upsert")
LOOK_SECONDS = 5.0
"""A server that answers later than this is as good as away."""
WOULD_WRITE = "#!lua\nreturn 1"
"""Writes nothing, yet is refused by a server that could not write: out of memory, without a place for its file, or a replica."""
FULL_SHARE = 0.98
"""Of its memory: there larger requests are refused already."""
TIGHT_SHARE = 0.8
"""Of its memory: from there on people are told."""
ADVICE = "raise maxmemory, or lower REMOVE_ON_COUNT and REMOVE_ON_AGE"
SLOW_MS = 5.0
PINGS = 5
"""A slow answer is asked for again, and the fastest counts: the first one may have waited for this process itself, on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class RedisFacts:
    version: str
    round_trip_ms: float
    memory_bytes: int
    memory_limit_bytes: int
    """0: none."""
    eviction_policy: str
    has_append_only_file: bool
    saves: bool | None
    """It writes snapshots; None where the server does not tell."""
    role: str
    """`master` or `slave`, as the server says."""
    refusal: str = ""
    """Why it would refuse to write now; empty when it would not."""

    @property
    def is_full(self) -> bool:
        """There is a limit, and no room for another job below it: a server at its limit is a little below it most of the time."""
        return bool(self.memory_limit_bytes) and self.memory_bytes >= FULL_SHARE * self.memory_limit_bytes

    @property
    def is_tight(self) -> bool:
        """There is a limit, and it is near."""
        return is_tight(self.memory_bytes, self.memory_limit_bytes)


def is_tight(used_bytes: int, limit_bytes: int) -> bool:
    """Whether a server's memory comes near its limit; a limit of 0 is none."""
    return bool(limit_bytes) and used_bytes > TIGHT_SHARE * limit_bytes


async def memory_trouble(redis: Redis) -> str:
    """What is worth saying of a server that still writes, but whose memory comes to its limit; empty while it does not.

    Raises RedisError.
    """
    info = await untyped(redis).info("memory")
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    return f"Redis uses {used * 100 // limit} % of its memory ({limit} bytes): {ADVICE}" if is_tight(used, limit) else ""


@dataclass(frozen=True, kw_only=True)
class Overview:
    taken_ms: int
    redis: RedisFacts
    queues: tuple[QueueSnapshot, ...]
    roles: tuple[RoleSeen, ...]


async def look(redis: Redis, settings: QueueSettings, *, last: int = 5) -> Overview:
    """One look at everything, with the newest ends of predictions. Raises RedisUnavailable."""
    client = untyped(redis)
    with failures_named(redis):
        async with asyncio.timeout(LOOK_SECONDS):
            now_ms = await server_ms(client)
            facts = await redis_facts(redis)
            roles = await read_roster(client, settings.name, now_ms)
            queues = [
                await snapshot(redis, settings, queue=queue, last=last if queue == QUEUES[0] else 0, with_pace=True) for queue in QUEUES
            ]
    return Overview(taken_ms=now_ms, redis=facts, queues=tuple(queues), roles=roles)


async def redis_facts(redis: Redis) -> RedisFacts:
    """What matters of the server. Raises RedisError."""
    client = untyped(redis)
    round_trip = await _round_trip_ms(client)
    info = await client.info()
    try:
        saves: bool | None = bool((await client.config_get("save")).get("save"))
    except ResponseError:  # hosted servers refuse CONFIG
        saves = None
    return RedisFacts(
        version=str(info.get("valkey_version") or info.get("redis_version", "")),
        round_trip_ms=round_trip,
        memory_bytes=int(info.get("used_memory", 0)),
        memory_limit_bytes=int(info.get("maxmemory", 0)),
        eviction_policy=str(info.get("maxmemory_policy", "")),
        has_append_only_file=bool(int(info.get("aof_enabled", 0))),
        saves=saves,
        role=str(info.get("role", "")),
        refusal=await _refusal(redis),
    )


async def _round_trip_ms(client: Any) -> float:
    fastest = float("inf")
    for _ in range(PINGS):
        began = time.perf_counter()
        await client.ping()
        fastest = min(fastest, (time.perf_counter() - began) * 1000)
        if fastest < SLOW_MS:
            break
    return fastest


async def _refusal(redis: Redis) -> str:
    try:
        await untyped(redis).eval(WOULD_WRITE, 0)
    except ResponseError as error:
        if is_refusal(error):
            return to_unavailable(error, where_is(redis)).message
    return ""
