"""The worker's side of events: sinks that never block, one lane to each main, everything that waits sent in one write."""

from __future__ import annotations

import asyncio
import logging

from flowisectl.engine.events import FlowEvent
from flowisectl.errors import RedisUnavailable
from flowisectl.events import wire
from flowisectl.redis_connection import Pipeline, Script

MAX_FRAMES = 1000
MAX_WRITE_BYTES = 256 * 1024
MAX_LANES = 64
MAX_LANE_BYTES = 64 * 1024 * 1024
"""What may wait for one main (it does not read, or Redis is away). Beyond, events are dropped, and their readers told."""

MAX_LOG_BYTES = 1024 * 1024
"""Of one job's events, kept for clients that come back to its stream."""
LOG_SECONDS = 3600
"""How long a log lives at most; the end of its job shortens that."""

log = logging.getLogger(__name__)

SENT, FULL, GONE, REFUSED = b"sent", b"full", b"gone", b"refused"

APPEND = Script("""
#!lua
-- Append event frames to a main's stream and to the logs of their jobs, if the worker still holds its lease.
-- ARGV: leases key, worker, stream (or empty), most entries, frames, seconds a log lives, then log key, length before, events.
if not redis.call('ZSCORE', ARGV[1], ARGV[2]) then return 'refused' end
-- A live main trims what it has read. Trimming here instead would lose what it has not.
if ARGV[3] ~= '' and redis.call('XLEN', ARGV[3]) >= tonumber(ARGV[4]) then return 'full' end
for i = 7, #ARGV, 3 do
  local length = tonumber(ARGV[i + 1])
  if redis.call('STRLEN', ARGV[i]) == length then -- else it was written before, and the reply was lost
    redis.call('APPEND', ARGV[i], ARGV[i + 2])
    if length == 0 then redis.call('EXPIRE', ARGV[i], ARGV[6]) end
  end
end
if ARGV[3] ~= '' and redis.call('XADD', ARGV[3], 'NOMKSTREAM', '*', 'e', ARGV[5]) then return 'sent' end
return 'gone'
""")


class JobSink:
    """`engine.events.EventSink` of one attempt of one job. Events go to the main that waits, and to the job's own log."""

    def __init__(self, publisher: Publisher, job_id: str, attempt: int, stream: str, worker_id: str, *, is_heard: bool) -> None:
        """`stream` is empty when no main waits; not `is_heard`: nobody asked for events, nothing is encoded."""
        self.job_id = job_id
        self.count = 0
        self.log_key = publisher.log_key(job_id, attempt)
        self.logged = 0
        """Bytes of the log that are written."""
        self.is_logged = True
        self._attempt = attempt
        self._lane = publisher.lane(stream, worker_id) if is_heard else None
        self._last = 0

    def emit(self, event: FlowEvent) -> None:
        if self._lane is None:
            return
        self.count += 1
        text = wire.encode_event(event)
        self._last = self._lane.push(self, wire.frame(self.job_id, self._attempt, self.count, text), text)

    async def drained(self) -> None:
        """Return when every event so far is in Redis, or will never be (the lease or the main is gone)."""
        if self._lane is not None:
            await self._lane.settled_to(self._last)


class Publisher:
    """All lanes of one worker. A sink belongs to the lease under which its job was claimed; when that is lost, what it
    sends is refused."""

    def __init__(self, pipeline: Pipeline, *, leases_key: str, max_entries: int) -> None:
        self.pipeline = pipeline
        self.leases_key = leases_key
        self.max_entries = max_entries
        self._prefix = leases_key.removesuffix("leases")
        self._lanes: dict[tuple[str, str], _Lane] = {}

    def sink(self, job_id: str, attempt: int, stream: str, *, worker_id: str, is_heard: bool = True) -> JobSink:
        return JobSink(self, job_id, attempt, stream, worker_id, is_heard=is_heard)

    def log_key(self, job_id: str, attempt: int) -> str:
        return f"{self._prefix}log:{job_id}:{attempt}"

    def lane(self, stream: str, worker_id: str) -> _Lane:
        key = (stream, worker_id)
        lane = self._lanes.get(key)
        if lane is None:
            if len(self._lanes) >= MAX_LANES:  # mains come and go
                self._lanes = {name: old for name, old in self._lanes.items() if not old.is_idle}
            lane = self._lanes[key] = _Lane(self, stream, worker_id)
        return lane

    async def aclose(self) -> None:
        """Give up what still waits."""
        for lane in self._lanes.values():
            await lane.cancel()


class _Lane:
    """The frames on their way to one main, in order. While a write is under way the rest gathers for the next."""

    def __init__(self, publisher: Publisher, stream: str, worker_id: str) -> None:
        self._publisher = publisher
        self._stream = stream
        self._worker_id = worker_id
        self._frames: list[tuple[JobSink, bytes, bytes]] = []
        self._bytes = 0
        self._pushed = 0
        self._settled = 0
        self._watchers: list[tuple[int, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def is_idle(self) -> bool:
        return not self._frames and self._task is None

    def push(self, sink: JobSink, data: bytes, event: bytes) -> int:
        """Take a frame and give its place in the lane; a lane that is too long drops it, and the reader finds the gap."""
        if self._bytes > MAX_LANE_BYTES:
            return self._pushed
        self._frames.append((sink, data, event))
        self._bytes += len(data)
        self._pushed += 1
        if self._task is None:
            self._task = self._loop.create_task(self._send_all(), name="event-lane")
        return self._pushed

    async def settled_to(self, place: int) -> None:
        if self._settled < place:
            watcher: asyncio.Future[None] = self._loop.create_future()
            self._watchers.append((place, watcher))
            await watcher

    async def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _send_all(self) -> None:
        pause = 0.0
        try:
            while self._frames:
                count = self._next_count()
                reply = await self._send(self._frames[:count])
                if reply in (None, FULL):
                    # Redis is away, or the main has not read yet: try again with the same frames, numbers make them safe.
                    pause = min(max(pause * 2, 0.01), 0.5)
                    await asyncio.sleep(pause)
                    continue
                pause = 0.0
                self._settle(count if reply == SENT else len(self._frames))
        finally:
            self._task = None
            self._settle(len(self._frames))  # of a cancelled task: nobody shall wait for them

    def _next_count(self) -> int:
        size = count = 0
        for _, data, _ in self._frames[:MAX_FRAMES]:
            size += len(data)
            if count and size > MAX_WRITE_BYTES:
                break
            count += 1
        return count

    async def _send(self, frames: list[tuple[JobSink, bytes, bytes]]) -> bytes | None:
        owner = self._publisher
        logs = _by_log(frames)
        flat = [value for sink, text in logs for value in (sink.log_key, sink.logged, text)]
        data = b"\n".join([data for _, data, _ in frames]) if self._stream else b""
        try:
            reply: bytes = await APPEND.run(
                owner.pipeline, owner.leases_key, self._worker_id, self._stream, owner.max_entries, data, LOG_SECONDS, *flat
            )
        except RedisUnavailable:
            return None
        if reply in (SENT, GONE):
            for sink, text in logs:
                sink.logged += len(text)
        # Without a main to wait for, there are only the logs.
        return SENT if reply == GONE and (not self._stream or logs) else reply

    def _settle(self, count: int) -> None:
        done, self._frames = self._frames[:count], self._frames[count:]
        self._bytes -= sum([len(data) for _, data, _ in done])
        self._settled += count
        ready = [watcher for place, watcher in self._watchers if place <= self._settled]
        self._watchers = [(place, watcher) for place, watcher in self._watchers if place > self._settled]
        for watcher in ready:
            if not watcher.done():
                watcher.set_result(None)


def _by_log(frames: list[tuple[JobSink, bytes, bytes]]) -> list[tuple[JobSink, bytes]]:
    """The events of each job, a line each. A log that would become too long gets no more: its job's result says it all."""
    events: dict[JobSink, list[bytes]] = {}
    for sink, _, event in frames:
        if sink.is_logged:
            events.setdefault(sink, []).append(event)
    found: list[tuple[JobSink, bytes]] = []
    for sink, lines in events.items():
        text = b"\n".join(lines) + b"\n"
        if sink.logged + len(text) > MAX_LOG_BYTES:
            sink.is_logged = False
        else:
            found.append((sink, text))
    return found
