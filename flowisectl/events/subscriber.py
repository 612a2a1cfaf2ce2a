"""A main's side of events: one reader of one stream, which deals what comes to the jobs that wait for it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Connection, Redis
from redis.exceptions import RedisError, ResponseError

from flowisectl.errors import RedisUnavailable
from flowisectl.events import wire
from flowisectl.events.buffer import JobBuffer
from flowisectl.redis_connection import Pipeline, Script, to_unavailable, where_is

STREAM_TTL_SECONDS = 60
KEEP_SECONDS = 1.0
TRIM_AFTER_ENTRIES = 500
BLOCK_MS = 1000
READ_SECONDS = 5.0
"""Longer than a blocking read may take: then the connection is dead, not idle."""
MAX_ENTRIES = 200

log = logging.getLogger(__name__)

KEEP = Script("""
#!lua flags=allow-oom
-- Keep a main's stream: make it if it is not there, lengthen its life, drop what has been read.
-- ARGV: stream, seconds to live, id of the first entry to keep. Gives 1 when the stream had to be made.
local made = 0
if redis.call('EXISTS', ARGV[1]) == 0 then
  redis.call('XADD', ARGV[1], '*', 'h', '1')
  made = 1
end
redis.call('EXPIRE', ARGV[1], ARGV[2])
redis.call('XTRIM', ARGV[1], 'MINID', ARGV[3])
return made
""")


class Subscriber:
    """Owns a stream `<prefix>:events:<random>` and reads it to its end of days.

    `max_entries` is where workers stop writing (QUEUE_REDIS_EVENT_STREAM_MAX_LEN); what was read is trimmed well before.
    Nothing is lost by a broken connection: reading goes on behind the last entry that was dealt. `on_new_stream` is called
    when Redis had lost the stream itself, with all that was in it.
    """

    def __init__(self, redis: Redis, pipeline: Pipeline, *, prefix: str, max_entries: int = 10_000, what: str = "runs") -> None:
        self.stream = f"{prefix}:events:{secrets.token_hex(8)}"
        self.on_new_stream: Callable[[], None] = lambda: None
        self._redis = redis
        self._pipeline = pipeline
        self._buffers: dict[str, JobBuffer] = {}
        self._last_id = b"0-0"
        self._untrimmed = 0
        self._trim_after = max(1, min(TRIM_AFTER_ENTRIES, max_entries // 4))
        self._connection: Connection | None = None
        self._is_connected = False
        self._what = what

    @property
    def waiting(self) -> dict[str, JobBuffer]:
        """The jobs that something is awaited of, by id."""
        return self._buffers

    def listen(self, job_id: str, closing_event: Callable[[wire.JobEnd], bytes | None] | None = None) -> JobBuffer:
        """Deal this job's events and end to a buffer, from now on. Call it before the job is in the queue."""
        buffer = self._buffers[job_id] = JobBuffer(job_id, closing_event=closing_event)
        return buffer

    def forget(self, job_id: str) -> None:
        self._buffers.pop(job_id, None)

    async def keep(self) -> bool:
        """Make or keep the stream and drop what has been read; true when it had to be made. Raises RedisUnavailable."""
        self._untrimmed = 0
        is_new = bool(await KEEP.run(self._pipeline, self.stream, STREAM_TTL_SECONDS, self._last_id))
        if is_new:
            self._last_id = b"0-0"
        return is_new

    async def run(self) -> None:
        """Read until cancelled, through every failure of Redis."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_for_ever())
            tasks.create_task(self._read_for_ever())

    async def aclose(self) -> None:
        await self._drop_connection()
        for buffer in list(self._buffers.values()):
            buffer.fail(RedisUnavailable(f"the server stops while job {buffer.job_id} runs; the job goes on"))
        self._buffers.clear()
        try:
            await self._pipeline.execute("UNLINK", self.stream)
        except RedisUnavailable:
            log.debug("the event stream could not be removed; it expires by itself")

    async def _keep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            await self._keep_quietly()

    async def _keep_quietly(self) -> None:
        try:
            if await self.keep():
                log.warning("Redis had lost the event stream of this process; it was made anew")
                self.on_new_stream()
        except RedisUnavailable as error:
            log.debug("the event stream could not be kept: %s", error)
        except Exception:
            log.exception("the event stream could not be kept")

    async def _read_for_ever(self) -> None:
        pause = 0.0
        while True:
            try:
                entries = await self._read()
                if not self._is_connected and pause:
                    log.info("events of %s come in again", self._what)
                self._is_connected = True
                pause = 0.0
            except (RedisError, OSError, TimeoutError) as error:
                if self._is_connected:
                    log.warning("events of %s do not come in: %s", self._what, to_unavailable(error, where_is(self._redis)))
                self._is_connected = False
                await self._drop_connection()
                await asyncio.sleep(pause)
                pause = min(pause * 2 + 0.02, 0.5)
                continue
            for entry_id, fields in entries:
                self._last_id = entry_id
                self._deal_safely(fields)
            self._untrimmed += len(entries)
            if self._untrimmed >= self._trim_after:
                await self._keep_quietly()

    async def _read(self) -> list[tuple[bytes, list[bytes]]]:
        async with asyncio.timeout(READ_SECONDS):
            try:
                if self._connection is None:
                    self._connection = await self._redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
                await self._connection.send_command("XREAD", "COUNT", MAX_ENTRIES, "BLOCK", BLOCK_MS, "STREAMS", self.stream, self._last_id)
                reply: Any = await self._connection.read_response(disable_decoding=True)
            except ResponseError as error:
                # As when the server is still loading its data: nothing was read, ask again.
                raise TimeoutError(str(error)) from error
        return reply[0][1] if reply else []

    def _deal_safely(self, fields: list[bytes]) -> None:
        """One entry that cannot be read must not make this process deaf."""
        try:
            self._deal(fields)
        except Exception:
            log.exception("an entry of the event stream cannot be read; its job will be looked after")

    def _deal(self, fields: list[bytes]) -> None:
        if fields[0] == wire.EVENTS_FIELD:
            for data in fields[1].split(b"\n"):
                job_id, attempt, number, event = wire.parse_frame(data)
                if (buffer := self._buffers.get(job_id)) is not None:
                    buffer.take(attempt, number, event)
        elif fields[0] == wire.END_FIELD:
            self.end(wire.parse_end(fields[1], fields[3], fields[5]))

    def end(self, end: wire.JobEnd) -> None:
        """A job has ended, as its notice says or as somebody found by asking."""
        if (buffer := self._buffers.pop(end.job_id, None)) is not None:
            buffer.end(end)

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.disconnect(nowait=True)
            except (RedisError, OSError):
                log.debug("the broken connection could not be closed")
            await self._redis.connection_pool.release(connection)


@asynccontextmanager
async def open_subscriber(
    redis: Redis, pipeline: Pipeline, *, prefix: str, max_entries: int = 10_000, what: str = "runs"
) -> AsyncIterator[Subscriber]:
    """A subscriber whose stream exists and which reads; `what` names it in the log. Raises RedisUnavailable."""
    subscriber = Subscriber(redis, pipeline, prefix=prefix, max_entries=max_entries, what=what)
    await subscriber.keep()
    task = asyncio.create_task(subscriber.run(), name="event-subscriber")
    try:
        yield subscriber
    finally:
        task.cancel()
        await asyncio.wait([task])
        await subscriber.aclose()
