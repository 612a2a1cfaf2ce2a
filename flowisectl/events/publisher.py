"""The worker's side of events: sinks that never block, one lane to each main."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.errors import FlowisectlError
from flowisectl.events import wire
from flowisectl.events.lane import Lane
from flowisectl.redis_connection import Pipeline

MAX_LANES = 64

Keep = Callable[[int, bytes], Awaitable[bytes]]
"""Keeps an event, given with its number, outside of Redis; gives what travels in its place."""

_FLOWING = frozenset((EventKind.TOKEN, EventKind.THINKING))
"""Behind another of its kind such an event may wait for company."""
_PATIENT = frozenset((EventKind.START, EventKind.METADATA))
"""Nobody sees these: the first token follows the one, the end of the job the other, and takes it along."""

log = logging.getLogger(__name__)


class JobSink:
    """`engine.events.EventSink` of one attempt of one job. Events go to the main that waits, and to the job's own log."""

    def __init__(self, publisher: Publisher, job_id: str, attempt: int, stream: str, worker_id: str, *, is_heard: bool) -> None:
        """`stream` is empty when no main waits; not `is_heard`: nobody asked for events, nothing is encoded."""
        self.job_id = job_id
        self.count = 0
        self.log_key = publisher.log_key(job_id, attempt)
        self.logged = 0
        self.log_size = 0
        self._head = wire.frame_head(job_id, attempt)
        self._lane = publisher.lane(stream, worker_id) if is_heard else None
        self._last = 0
        self._kind: EventKind | None = None
        """Of the last event."""
        self.keep: Keep | None = None
        """Where large events go; without it they travel whole."""
        self._held: deque[tuple[int, bytes, bool]] | None = None
        """Events behind a large one that is being kept: they wait, so that the order stays."""
        self._releasing: asyncio.Task[None] | None = None

    def emit(self, event: FlowEvent) -> None:
        if self._lane is None:
            return
        self.count += 1
        text = wire.encode_event(event)
        kind, before, self._kind = event.kind, self._kind, event.kind
        is_urgent = kind not in _PATIENT and (kind is not before or kind not in _FLOWING)
        if self._held is not None or (len(text) > wire.LARGE_EVENT_BYTES and self.keep is not None):
            self._hold(self.count, text, is_urgent)
        else:
            self._last = self._lane.push(self, wire.frame(self._head, self.count, text), text, is_urgent=is_urgent)

    async def drained(self) -> None:
        """Return when every event so far is in Redis, or will never be (the lease or the main is gone)."""
        if self._lane is not None:
            if self._releasing is not None:
                await asyncio.wait([self._releasing])
            await self._lane.drained(self, self._last)

    def _hold(self, number: int, text: bytes, is_urgent: bool) -> None:
        if self._held is None:
            self._held = deque()
            self._releasing = asyncio.get_running_loop().create_task(self._release(self._held), name="large-event")
        self._held.append((number, text, is_urgent))

    async def _release(self, held: deque[tuple[int, bytes, bool]]) -> None:
        assert self._lane is not None
        while held:
            number, text, is_urgent = held.popleft()
            if len(text) > wire.LARGE_EVENT_BYTES and self.keep is not None:
                try:
                    text = await self.keep(number, text)
                except FlowisectlError as error:  # Redis has room for it now and then; the reader has no other chance to see it
                    log.warning("a large event of job %s goes through Redis: %s", self.job_id, error)
            self._last = self._lane.push(self, wire.frame(self._head, number, text), text, is_urgent=is_urgent)
        self._held = None


class Publisher:
    """All lanes of one worker. A sink belongs to the lease under which its job was claimed; when that is lost, what it
    sends is refused."""

    def __init__(self, pipeline: Pipeline, *, leases_key: str, max_entries: int) -> None:
        self.pipeline = pipeline
        self.leases_key = leases_key
        self.max_entries = max_entries
        self._prefix = leases_key.removesuffix("leases")
        self._lanes: dict[tuple[str, str], Lane] = {}

    def sink(self, job_id: str, attempt: int, stream: str, *, worker_id: str, is_heard: bool = True) -> JobSink:
        return JobSink(self, job_id, attempt, stream, worker_id, is_heard=is_heard)

    def log_key(self, job_id: str, attempt: int) -> str:
        """Where the events of one attempt are kept: text, a line of JSON for each event."""
        return f"{self._prefix}log:{job_id}:{attempt}"

    def lane(self, stream: str, worker_id: str) -> Lane:
        key = (stream, worker_id)
        lane = self._lanes.get(key)
        if lane is None:
            if len(self._lanes) >= MAX_LANES:  # mains come and go
                self._lanes = {name: old for name, old in self._lanes.items() if not old.is_idle}
            lane = self._lanes[key] = Lane(
                self.pipeline, leases_key=self.leases_key, stream=stream, worker_id=worker_id, max_entries=self.max_entries
            )
        return lane

    async def aclose(self) -> None:
        """Give up what still waits."""
        for lane in self._lanes.values():
            await lane.cancel()
