"""What one process changed is read anew by the others at once, not when their copy grows old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.events.changes import open_changes


class Copies:
    """A process's copies of one kind."""

    def __init__(self) -> None:
        self.dropped = asyncio.Event()
        self.announce: Callable[[], None] = lambda: None

    def announce_with(self, announce: Callable[[], None]) -> None:
        self.announce = announce

    def drop_all(self) -> None:
        self.dropped.set()


async def listeners(redis: Redis, channel: str, wanted: int) -> None:
    """Return when so many listen on the channel."""
    async with asyncio.timeout(10):
        while dict(await redis.pubsub_numsub(channel)).get(channel.encode(), 0) < wanted:
            await asyncio.sleep(0.01)


async def test_a_change_reaches_the_other_process_and_only_its_kind(redis: Redis, queue_settings: QueueSettings) -> None:
    prefix, here, there, other_kind = queue_settings.name, Copies(), Copies(), Copies()
    async with (
        open_changes(redis, prefix=prefix, kept={"flows": here}),
        open_changes(redis, prefix=prefix, kept={"flows": there, "keys": other_kind}),
    ):
        await listeners(redis, f"{prefix}:changes", 2)

        here.announce()

        assert await asyncio.wait_for(there.dropped.wait(), 10)
        assert not other_kind.dropped.is_set()


async def test_who_could_not_listen_reads_everything_anew(redis: Redis, queue_settings: QueueSettings) -> None:
    prefix, copies = queue_settings.name, Copies()
    async with open_changes(redis, prefix=prefix, kept={"flows": copies}):
        await listeners(redis, f"{prefix}:changes", 1)

        await redis.client_kill_filter(_type="pubsub")

        assert await asyncio.wait_for(copies.dropped.wait(), 10)
