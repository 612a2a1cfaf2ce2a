"""The channel on which workers hear at once that a run shall stop. What is missed here comes with the next beat."""

from __future__ import annotations

from collections.abc import Callable

from redis.asyncio import Redis

from flowisectl.redis_connection.broadcast import Broadcast


class ControlChannel:
    def __init__(self, redis: Redis, channel: str, stop_job: Callable[[str], None]) -> None:
        self._stop_job = stop_job
        self._broadcast = Broadcast(redis, channel, self._heard)

    async def run(self) -> None:
        """Listen until cancelled, through every failure of Redis."""
        await self._broadcast.run()

    def _heard(self, message: bytes) -> None:
        # `<worker> <job>`; a job runs on one worker only, so its id is enough.
        self._stop_job(message.rpartition(b" ")[2].decode())
