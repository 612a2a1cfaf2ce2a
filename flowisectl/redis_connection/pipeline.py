"""One connection that all coroutines of a process share: what they send while a batch is under way goes out as the next."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from redis.asyncio import Connection, Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import DataError, ReadOnlyError, RedisError, ResponseError
from redis.typing import EncodableT

from flowisectl.errors import RedisUnavailable
from flowisectl.redis_connection.failures import is_failure, to_unavailable, where_is

MAX_BATCH = 1000


class _Command:
    __slots__ = ("args", "future", "is_repeatable")

    def __init__(self, args: tuple[EncodableT, ...], future: asyncio.Future[Any], is_repeatable: bool) -> None:
        self.args = args
        self.future = future
        self.is_repeatable = is_repeatable


class Pipeline:
    """Group commit without a timer: idle it costs no latency, under load one system call carries many commands.

    Commands reach the server in the order of the calls. When the connection breaks, the batch is sent again once over a
    new one, in order; a command that was done before the break is then done twice, so it must not matter (all the
    scripts of this project see to that), or be sent with `once`.
    """

    def __init__(self, redis: Redis, *, timeout_seconds: float = 5.0) -> None:
        self._redis = redis
        self._where = where_is(redis)
        self._timeout_seconds = timeout_seconds
        self._connection: Connection | None = None
        self._waiting: list[_Command] = []
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False
        self._loop = asyncio.get_running_loop()

    def execute(self, *args: EncodableT) -> asyncio.Future[Any]:
        """The reply, undecoded. Raises RedisUnavailable, or the server's own error for a command that is wrong."""
        return self._send(args, is_repeatable=True)

    def once(self, *args: EncodableT) -> asyncio.Future[Any]:
        """As `execute`, for a command that must not be done twice."""
        return self._send(args, is_repeatable=False)

    async def aclose(self) -> None:
        """Send what waits, then give the connection up."""
        self._is_closed = True
        if self._task is not None:
            await asyncio.wait([self._task])
        await self._drop()

    def _send(self, args: tuple[EncodableT, ...], *, is_repeatable: bool) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._is_closed:
            future.set_exception(RedisUnavailable(f"the connection to Redis at {self._where} is closed: the process is stopping"))
            return future
        self._waiting.append(_Command(args, future, is_repeatable))
        if self._task is None:
            self._task = self._loop.create_task(self._send_all(), name="redis-pipeline")
        return future

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
                await self._settle(batch)
        finally:
            self._task = None
            # Only a cancelled task leaves any; nobody else would send them.
            _fail(self._waiting, RedisUnavailable(f"the connection to Redis at {self._where} was given up: the process is stopping"))
            self._waiting = []

    async def _settle(self, batch: list[_Command]) -> None:
        try:
            replies = await self._round_trip(batch)
        except (UnicodeError, DataError):
            self._refuse_unsendable(batch)
            return
        except (RedisConnectionError, OSError) as error:
            again = [command for command in batch if command.is_repeatable]
            _fail([command for command in batch if not command.is_repeatable], to_unavailable(error, self._where))
            batch, replies = again, await self._second_try(again)
        except (RedisError, TimeoutError) as error:
            replies = [to_unavailable(error, self._where)] * len(batch)
        except BaseException:
            _fail(batch, RedisUnavailable(f"the connection to Redis at {self._where} was given up: the process is stopping"))
            raise
        if any(isinstance(reply, ReadOnlyError) for reply in replies):
            await self._drop()  # the primary has become a replica: ask the address again who is primary
        for command, reply in zip(batch, replies, strict=True):
            if command.future.done():
                continue
            if isinstance(reply, Exception):
                command.future.set_exception(to_unavailable(reply, self._where) if is_failure(reply) else reply)
            else:
                command.future.set_result(reply)

    def _refuse_unsendable(self, batch: list[_Command]) -> None:
        """Something in the batch cannot be written to Redis: only the command that has it fails. Nothing was sent yet."""
        encode = self._redis.get_encoder().encode  # type: ignore[no-untyped-call]
        good: list[_Command] = []
        for command in batch:
            try:
                for value in command.args:
                    encode(value)
                good.append(command)
            except (UnicodeError, DataError) as error:
                if not command.future.done():
                    command.future.set_exception(error)
        self._waiting = good + self._waiting

    async def _second_try(self, batch: list[_Command]) -> list[Any]:
        try:
            return await self._round_trip(batch) if batch else []
        except (RedisError, OSError, TimeoutError) as error:
            return [to_unavailable(error, self._where)] * len(batch)

    async def _round_trip(self, batch: list[_Command]) -> list[Any]:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                connection = self._connection
                if connection is None:
                    connection = self._connection = await self._redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
                packed = connection.pack_commands([command.args for command in batch])
                await connection.send_packed_command(packed, check_health=False)
                replies: list[Any] = []
                for _ in batch:
                    try:
                        replies.append(await connection.read_response(disable_decoding=True))
                    except ResponseError as error:
                        replies.append(error)
                return replies
        except BaseException:
            # Replies may still be on their way: the connection cannot be used again.
            await self._drop()
            raise

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(RedisError, OSError):
                await connection.disconnect(nowait=True)
            await self._redis.connection_pool.release(connection)


def _fail(commands: list[_Command], error: RedisUnavailable) -> None:
    for command in commands:
        if not command.future.done():
            command.future.set_exception(error)
