"""A pub/sub channel that is listened to through every failure of Redis. What is said meanwhile is missed: `on_gap` is told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from redis.asyncio import Connection, Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class Broadcast:
    def __init__(
        self, redis: Redis, channel: str, on_message: Callable[[bytes], None], *, on_gap: Callable[[], None] | None = None
    ) -> None:
        self._redis = redis
        self._channel = channel
        self._on_message = on_message
        self._on_gap = on_gap

    async def run(self) -> None:
        """Listen until cancelled. `on_gap` is called whenever listening begins again."""
        pause, is_again = 0.0, False
        while True:
            connection: Connection | None = None
            try:
                connection = await self._redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
                await connection.send_command("SUBSCRIBE", self._channel)
                while True:
                    kind, _, data = await connection.read_response(disable_decoding=True)
                    pause = 0.0
                    if kind == b"message":
                        self._on_message(data)
                    elif is_again and self._on_gap is not None:
                        self._on_gap()
                    is_again = True
            except (RedisError, OSError, TimeoutError) as error:
                pause = min(pause * 2 + 0.05, 1.0)
                log.debug("channel %s is interrupted: %s", self._channel, error)
            finally:
                if connection is not None:
                    with contextlib.suppress(RedisError, OSError):
                        await connection.disconnect(nowait=True)
                    await self._redis.connection_pool.release(connection)
            await asyncio.sleep(pause)
