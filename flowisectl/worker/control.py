"""The channel on which workers hear at once that a run shall stop. What is missed here comes with the next beat."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from redis.asyncio import Connection, Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class ControlChannel:
    def __init__(self, redis: Redis, channel: str, stop_job: Callable[[str], None]) -> None:
        self._redis = redis
        self._channel = channel
        self._stop_job = stop_job

    async def run(self) -> None:
        """Listen until cancelled, through every failure of Redis."""
        pause = 0.0
        while True:
            connection: Connection | None = None
            try:
                connection = await self._redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
                await connection.send_command("SUBSCRIBE", self._channel)
                while True:
                    kind, _, data = await connection.read_response(disable_decoding=True)
                    pause = 0.0
                    if kind == b"message":
                        # `<worker> <job>`; a job runs on one worker only, so its id is enough.
                        self._stop_job(data.rpartition(b" ")[2].decode())
            except (RedisError, OSError, TimeoutError) as error:
                pause = min(pause * 2 + 0.05, 1.0)
                log.debug("the control channel is interrupted: %s", error)
            finally:
                if connection is not None:
                    with contextlib.suppress(RedisError, OSError):
                        await connection.disconnect(nowait=True)
                    await self._redis.connection_pool.release(connection)
            await asyncio.sleep(pause)
