"""The way of events to one main, and into their jobs' logs: everything that waits goes in one write."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from flowisectl.errors import RedisUnavailable
from flowisectl.redis_connection import Pipeline, Script

MAX_FRAMES = 1000
MAX_WRITE_BYTES = 256 * 1024
MAX_LANE_BYTES = 64 * 1024 * 1024
"""What may wait for one main (it does not read, or Redis is away). Beyond, events are dropped, and their readers told."""

WRITE_PAUSE_SECONDS = 0.016
"""Between two writes of tokens to one main: busy lanes carry many streams' tokens in one write. What a reader waits for by
itself (a first token, any other event, the end of a job) does not wait for it; the rest waits for less than a screen's frame."""
LOG_PAUSE_SECONDS = 0.25
"""Between two writes of the logs: only clients that come back read them, and the end of a job writes its own at once."""

MAX_LOG_BYTES = 1024 * 1024
"""Of one job's events, kept for clients that come back to its stream."""
LOG_SECONDS = 3600
"""How long a log lives at most; the end of its job shortens that."""

SENT, FULL, GONE, REFUSED = b"sent", b"full", b"gone", b"refused"

APPEND = Script("""
#!lua
-- Append event frames to a main's stream and to the logs of their jobs, if the worker still holds its lease.
-- ARGV: leases key, worker, stream (or empty), most entries, frames (or empty), seconds a log lives, then log key, length
-- before, events.
if not redis.call('ZSCORE', ARGV[1], ARGV[2]) then return 'refused' end
local has_frames = ARGV[3] ~= '' and ARGV[5] ~= ''
-- A live main trims what it has read. Trimming here instead would lose what it has not.
if has_frames and redis.call('XLEN', ARGV[3]) >= tonumber(ARGV[4]) then return 'full' end
for i = 7, #ARGV, 3 do
  local length = tonumber(ARGV[i + 1])
  if redis.call('STRLEN', ARGV[i]) == length then -- else it was written before, and the reply was lost
    redis.call('APPEND', ARGV[i], ARGV[i + 2])
    if length == 0 then redis.call('EXPIRE', ARGV[i], ARGV[6]) end
  end
end
if has_frames and not redis.call('XADD', ARGV[3], 'NOMKSTREAM', '*', 'e', ARGV[5]) then return 'gone' end
return 'sent'
""")


class JobLog(Protocol):
    """The log of one attempt of one job, as its sink keeps account of it."""

    log_key: str
    logged: int
    """Bytes that are written."""
    log_size: int
    """Bytes that are written or wait. Beyond MAX_LOG_BYTES a log gets no more: the job's result says it all."""


class _Batch:
    """What one write carries. It stays as it is when the write is tried again: lengths and numbers make that safe."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.frame_bytes = 0
        self.logs: dict[JobLog, bytes] = {}


class Lane:
    """The frames on their way to one main, in order, and the events on their way into logs. While a write is under way,
    and for a moment after it, the rest gathers for the next."""

    def __init__(self, pipeline: Pipeline, *, leases_key: str, stream: str, worker_id: str, max_entries: int) -> None:
        """`stream` is empty when no main waits: then there are only the logs."""
        self._pipeline = pipeline
        self._leases_key = leases_key
        self._stream = stream
        self._worker_id = worker_id
        self._max_entries = max_entries
        self._loop = asyncio.get_running_loop()
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._pushed = 0
        self._settled = 0
        self._unlogged: dict[JobLog, list[bytes]] = {}
        self._closing: set[JobLog] = set()
        """Logs that somebody waits for."""
        self._flying = _Batch()
        self._watchers: list[tuple[int, JobLog, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._pausing: asyncio.Future[None] | None = None
        self._is_urgent = False
        self._next_write = 0.0
        """When frames that can wait are sent, on the loop's clock."""
        self._next_logs = 0.0

    @property
    def is_idle(self) -> bool:
        return self._task is None

    def push(self, job: JobLog, frame: bytes, event: bytes, *, is_urgent: bool) -> int:
        """Take an event and give its place in the lane; a lane that is too long drops it, and the reader finds the gap."""
        if self._bytes > MAX_LANE_BYTES:
            return self._pushed
        if self._stream:
            self._frames.append(frame)
            self._bytes += len(frame)
            self._pushed += 1
        job.log_size += len(event) + 1
        if job.log_size <= MAX_LOG_BYTES:
            if not self._unlogged:
                self._next_logs = self._loop.time() + LOG_PAUSE_SECONDS
            self._unlogged.setdefault(job, []).append(event)
        else:
            self._unlogged.pop(job, None)
        if self._task is None:
            self._task = self._loop.create_task(self._send_all(), name="event-lane")
        if is_urgent:
            self._is_urgent = True
        if is_urgent or len(self._frames) == 1:
            self._wake()
        return self._pushed

    async def drained(self, job: JobLog, place: int) -> None:
        """Return when the frames up to a place and the job's log are written, or never will be."""
        if self._is_drained(job, place):
            return
        watcher: asyncio.Future[None] = self._loop.create_future()
        self._watchers.append((place, job, watcher))
        self._closing.add(job)
        self._is_urgent = True
        self._wake()
        await watcher

    async def cancel(self) -> None:
        """Give up what still waits."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _is_drained(self, job: JobLog, place: int) -> bool:
        return place <= self._settled and job not in self._unlogged and job not in self._flying.logs

    async def _send_all(self) -> None:
        try:
            while self._frames or self._unlogged:
                await self._gather()
                batch = self._flying = self._next_batch()
                reply, pause = await self._send(batch), 0.01
                while reply in (None, FULL):
                    # Redis is away, or the main has not read yet: try again with the same frames.
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 0.5)
                    reply = await self._send(batch)
                if reply == REFUSED:
                    self._drop_all()
                self._settle(batch)
        finally:
            self._task = None
            self._drop_all()  # of a cancelled task: nobody shall wait for them
            self._settle(self._flying)

    async def _gather(self) -> None:
        """Let events come together, unless something among them is urgent or there is a write's worth."""
        while not self._is_urgent and self._bytes < MAX_WRITE_BYTES:
            due = self._next_write if self._frames else self._next_logs
            left = due - self._loop.time()
            if left <= 0:
                break
            self._pausing = self._loop.create_future()
            timer = self._loop.call_later(left, self._wake)
            try:
                await self._pausing
            finally:
                timer.cancel()
                self._pausing = None
        self._is_urgent = False
        self._next_write = self._loop.time() + WRITE_PAUSE_SECONDS

    def _wake(self) -> None:
        if self._pausing is not None and not self._pausing.done():
            self._pausing.set_result(None)

    def _next_batch(self) -> _Batch:
        batch = _Batch()
        frames = self._frames
        while frames and len(batch.frames) < MAX_FRAMES and (not batch.frames or batch.frame_bytes + len(frames[0]) <= MAX_WRITE_BYTES):
            data = frames.popleft()
            batch.frames.append(data)
            batch.frame_bytes += len(data)
        batch.logs = self._take_logs()
        return batch

    def _take_logs(self) -> dict[JobLog, bytes]:
        """The logs that are due: all each LOG_PAUSE_SECONDS, one that is waited for at once."""
        are_all_due = self._loop.time() >= self._next_logs
        taken: dict[JobLog, bytes] = {}
        size = 0
        for job in list(self._unlogged if are_all_due else self._closing & self._unlogged.keys()):
            if size > MAX_WRITE_BYTES:
                self._is_urgent = True  # the rest follows at once
                return taken
            self._closing.discard(job)
            text = taken[job] = b"\n".join(self._unlogged.pop(job)) + b"\n"
            size += len(text)
        if are_all_due:
            self._next_logs = self._loop.time() + LOG_PAUSE_SECONDS
        return taken

    async def _send(self, batch: _Batch) -> bytes | None:
        flat = [value for job, text in batch.logs.items() for value in (job.log_key, job.logged, text)]
        frames = b"\n".join(batch.frames)
        try:
            reply: bytes = await APPEND.run(
                self._pipeline, self._leases_key, self._worker_id, self._stream, self._max_entries, frames, LOG_SECONDS, *flat
            )
        except RedisUnavailable:
            return None
        if reply in (SENT, GONE):
            for job, text in batch.logs.items():
                job.logged += len(text)
        return reply

    def _drop_all(self) -> None:
        self._settled += len(self._frames)
        self._frames.clear()
        self._bytes = self._flying.frame_bytes
        self._unlogged.clear()
        self._closing.clear()

    def _settle(self, batch: _Batch) -> None:
        self._flying = _Batch()
        self._bytes -= batch.frame_bytes
        self._settled += len(batch.frames)
        if self._watchers:
            waiting = []
            for place, job, watcher in self._watchers:
                if not self._is_drained(job, place):
                    waiting.append((place, job, watcher))
                elif not watcher.done():
                    watcher.set_result(None)
            self._watchers = waiting
