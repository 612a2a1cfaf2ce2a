"""The worker's one blocking connection: it waits here while the queue is empty."""

from __future__ import annotations

import asyncio
import contextlib

from redis.asyncio import Connection, Redis
from redis.exceptions import RedisError

from flowisectl.errors import RedisUnavailable
from flowisectl.queue.keys import QueueKeys
from flowisectl.redis_connection import Pipeline

BLOCK_SECONDS = 1
READ_SECONDS = 5.0
"""Longer than a blocking read may take: then the connection is dead."""


class Doorbell:
    """A job that comes moves to the worker's landing list at once, so it cannot be lost between waking and claiming."""

    def __init__(self, redis: Redis, pipeline: Pipeline, keys: QueueKeys) -> None:
        self.is_listening = False
        """The last wait, or the one under way, reached Redis."""
        self._redis = redis
        self._pipeline = pipeline
        self._keys = keys
        self._connection: Connection | None = None
        self._client_id: bytes | int = 0
        self._is_closed = False
        self._is_waiting = False

    async def wait(self, worker_id: str) -> None:
        """Return when a job came, or after a second. Raises RedisError, OSError, TimeoutError."""
        if self._is_closed:
            return
        try:
            async with asyncio.timeout(READ_SECONDS):
                connection = await self._connect()
                self._is_waiting = True
                await connection.send_command(
                    "BLMOVE", self._keys["waiting"], self._keys[f"landing:{worker_id}"], "LEFT", "RIGHT", BLOCK_SECONDS
                )
                self.is_listening = True
                await connection.read_response(disable_decoding=True)
        except BaseException:
            self.is_listening = False
            await self._drop()
            raise
        finally:
            self._is_waiting = False
        if self._is_closed:
            await self._drop()

    async def close(self) -> None:
        """Wake whoever waits. Not by cutting the connection: the server could still move a job to it before it notices."""
        self._is_closed = True
        if not self._is_waiting:
            await self._drop()
            return
        with contextlib.suppress(RedisUnavailable):
            await self._pipeline.execute("CLIENT", "UNBLOCK", self._client_id)

    async def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = await self._redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
            await self._connection.send_command("CLIENT", "ID")
            self._client_id = await self._connection.read_response()
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(RedisError, OSError):
                await connection.disconnect(nowait=True)
            await self._redis.connection_pool.release(connection)
