"""The roles that run on one queue, as each says of itself every two seconds: main servers and workers, on whatever machine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from flowisectl.queue.reading import untyped
from flowisectl.redis_connection import Script

BEAT_SECONDS = 2.0
HASTY_SECONDS = 0.25
"""The same while it is not ready, so that a start is seen at once."""
STALE_SECONDS = 8.0
"""A role that was silent for so long is gone or stuck."""
KEPT_MS = 60_000
"""How long a role that fell silent is still shown."""
UNUSABLE = "unusable"
"""The `storage` of a role whose local folder cannot be written: it shares files with nobody."""

# ARGV: QUEUE_NAME, id, what it says, ms to keep. Keys: `<QUEUE_NAME>:roles` (id → last beat) and `<QUEUE_NAME>:role:<id>`.
_BEAT = Script("""
#!lua flags=allow-oom
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', ARGV[1] .. ':roles', now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', ARGV[1] .. ':roles', '-inf', now - ARGV[4])
redis.call('SET', ARGV[1] .. ':role:' .. ARGV[2], ARGV[3], 'PX', ARGV[4])
""")

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RoleSays:
    """What a role tells. Times are epoch milliseconds of its own clock."""

    role: str
    """`main` or `worker`."""
    version: str
    started_ms: int
    state: str
    """`ready`, `draining` (it ends), or `not ready`."""
    reason: str = ""
    """Why it is not ready."""
    write_trouble: str = ""
    """What keeps it from writing to the database although that can be read."""
    busy: int = 0
    """A worker's runs, or a main's open streams and waiting requests."""
    capacity: int = 0
    """A worker's slots; 0: without a limit."""
    rss_bytes: int = 0
    port: int = 0
    key_fingerprint: str = ""
    """Equal for equal encryption keys."""
    storage: str = ""
    """Equal for roles that see the same stored files, or UNUSABLE."""
    schema: str = ""
    """The step of the database's schema that it knows as the newest."""
    last_error: str = ""
    last_error_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class RoleSeen(RoleSays):
    id: str
    beat_age_seconds: float

    @property
    def name(self) -> str:
        """`host:pid`"""
        return self.id.rpartition(":")[0]

    @property
    def is_stale(self) -> bool:
        return self.beat_age_seconds > STALE_SECONDS

    @property
    def is_ready(self) -> bool:
        return self.state == "ready" and not self.is_stale


class Presence:
    """One process's place in the roster. `keep` beats until it is cancelled; `leave` takes the place away."""

    def __init__(self, redis: Redis, queue_name: str, say: Callable[[], RoleSays]) -> None:
        self.id = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._redis = untyped(redis)
        self._name = queue_name
        self._say = say
        self._is_ready = False
        self._beat = self._redis.register_script(_BEAT.text)

    async def keep(self) -> None:
        while True:
            try:
                await self.beat()
            except (RedisError, OSError, TimeoutError) as error:
                log.debug("the roster could not be told: %s", error)
            await asyncio.sleep(BEAT_SECONDS if self._is_ready else HASTY_SECONDS)

    async def beat(self) -> None:
        """Raises RedisError, OSError, TimeoutError."""
        says = self._say()
        self._is_ready = says.state == "ready"
        async with asyncio.timeout(BEAT_SECONDS):
            await self._beat(keys=[], args=[self._name, self.id, orjson.dumps(asdict(says)), KEPT_MS])

    async def leave(self) -> None:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._redis.zrem(f"{self._name}:roles", self.id)
                await self._redis.delete(f"{self._name}:role:{self.id}")


async def read_roster(redis: Any, queue_name: str, now_ms: int) -> tuple[RoleSeen, ...]:
    """Mains first, then workers, each in the order in which they started. Raises RedisError."""
    beats = await redis.zrange(f"{queue_name}:roles", 0, -1, withscores=True)
    if not beats:
        return ()
    ids = [role.decode() for role, _ in beats]
    told = await redis.mget([f"{queue_name}:role:{role}" for role in ids])
    seen = [_seen(role, data, (now_ms - beat) / 1000) for role, data, (_, beat) in zip(ids, told, beats, strict=True) if data]
    return tuple(sorted(seen, key=lambda role: (role.role, role.started_ms)))


def _seen(role_id: str, data: bytes, age_seconds: float) -> RoleSeen:
    """What another version says besides, or leaves out, does not matter."""
    told: Mapping[str, Any] = orjson.loads(data)
    known = {name: told[name] for name in RoleSays.__dataclass_fields__ if name in told}
    return RoleSeen(id=role_id, beat_age_seconds=max(0.0, age_seconds), **known)
