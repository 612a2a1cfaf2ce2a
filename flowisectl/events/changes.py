"""What one process changed and others keep a copy of: flows, credentials, API keys. Each is told to read it anew."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol

from redis.asyncio import Redis

from flowisectl.errors import RedisUnavailable
from flowisectl.redis_connection import Pipeline
from flowisectl.redis_connection.broadcast import Broadcast

log = logging.getLogger(__name__)


class Kept(Protocol):
    """A copy in memory of rows that other processes may change."""

    def announce_with(self, announce: Callable[[], None]) -> None:
        """Call this after every change that was made through this process."""
        ...

    def drop_all(self) -> None:
        """Read everything anew; another process changed something."""
        ...


class Changes:
    """Says `<kind>` on the channel `<prefix>:changes`, and drops the copies of a kind that somebody said. Whoever could not
    listen for a while drops all."""

    def __init__(self, redis: Redis, pipeline: Pipeline, *, prefix: str, kept: Mapping[str, Kept]) -> None:
        self._channel = f"{prefix}:changes"
        self._pipeline = pipeline
        self._kept = kept
        self._said: set[asyncio.Task[None]] = set()
        self.broadcast = Broadcast(redis, self._channel, self._heard, on_gap=self._drop_all)
        for kind, copies in kept.items():
            copies.announce_with(partial(self.say, kind))

    def say(self, kind: str) -> None:
        """Tell the others, without waiting for it."""
        task = asyncio.get_running_loop().create_task(self._say(kind))
        self._said.add(task)
        task.add_done_callback(self._said.discard)

    async def _say(self, kind: str) -> None:
        try:
            await self._pipeline.execute("PUBLISH", self._channel, kind)
        except RedisUnavailable as error:
            # Nobody hears anything now; each drops all when it listens again.
            log.debug("a change of %s could not be told: %s", kind, error)

    def _heard(self, kind: bytes) -> None:
        if (copies := self._kept.get(kind.decode("utf-8", "replace"))) is not None:
            copies.drop_all()

    def _drop_all(self) -> None:
        for copies in self._kept.values():
            copies.drop_all()


@asynccontextmanager
async def open_changes(redis: Redis, *, prefix: str, kept: Mapping[str, Kept]) -> AsyncIterator[Changes]:
    """Listen while the block lasts; `kept` names, by kind of row, whose copies a change makes worthless."""
    pipeline = Pipeline(redis)
    changes = Changes(redis, pipeline, prefix=prefix, kept=kept)
    listening = asyncio.create_task(changes.broadcast.run(), name="changes")
    try:
        yield changes
    finally:
        listening.cancel()
        await asyncio.wait([listening])
        await pipeline.aclose()
