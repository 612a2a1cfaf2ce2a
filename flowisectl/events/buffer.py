"""What a main holds of one job until its client has it: events in order, each once, and the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable

from flowisectl.errors import FlowisectlError, RedisUnavailable
from flowisectl.events.wire import RETRY_EVENT, JobEnd

MAX_BUFFER_BYTES = 8 * 1024 * 1024

log = logging.getLogger(__name__)


class EventsLost(RedisUnavailable):
    """The events of a job cannot be given whole; its result still can."""


class JobBuffer:
    """One job's events and end. A reader that is too slow, or a gap, ends the events with an error; the end still comes."""

    def __init__(
        self, job_id: str, *, closing_event: Callable[[JobEnd], bytes | None] | None = None, max_bytes: int = MAX_BUFFER_BYTES
    ) -> None:
        """`closing_event` gives the last event of a job that no worker ended."""
        self.job_id = job_id
        self.attempt = 0
        self.number = 0
        """Of the last event taken."""
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[JobEnd] = self._loop.create_future()
        self._closing_event = closing_event
        self._max_bytes = max_bytes
        self.is_numbered = False
        """`given_ids` is kept: set it before the first event."""
        self.given_ids: list[str] = []
        """`<attempt>-<number>` of each event of the batch that was given last."""
        self._events: list[bytes] = []
        self._ids: list[str] = []
        self._bytes = 0
        self._has_given = False
        self._is_over = False
        self._broken: FlowisectlError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._hand: Callable[[list[bytes]], bool] | None = None
        self._is_handing = False
        """`_hand` is about to be called."""

    def hand_to(self, take: Callable[[list[bytes]], bool]) -> None:
        """See `predictions.submission.HandingSubmission`. Only for a buffer without `is_numbered`."""
        self._hand = take

    def take(self, attempt: int, number: int, event: bytes) -> None:
        """An event from the stream; what came before, or comes from an attempt that was given up, is left out."""
        if self._is_over or self._broken is not None or attempt < self.attempt:
            return
        if attempt > self.attempt:
            self._begin(attempt)
        if number <= self.number:
            return
        if number != self.number + 1:
            self._break(EventsLost(f"events {self.number + 1} to {number - 1} of job {self.job_id} were lost; its result is kept"))
            return
        self.number = number
        self._append(event)

    def end(self, end: JobEnd) -> None:
        """The job has ended. Only the first end counts."""
        if self.ended.done():
            return
        if end.attempt > self.attempt:
            self._begin(end.attempt)
        if end.events > self.number and self._broken is None and not self._is_over:
            self._break(EventsLost(f"the last {end.events - self.number} events of job {self.job_id} were lost; its result is kept"))
        event = self._closing_event(end) if self._closing_event is not None and end.is_from_elsewhere else None
        if event is not None and not self._is_over:
            self._append(event)
        self.ended.set_result(end)
        self._is_over = True
        self._wake()

    def fail(self, error: FlowisectlError) -> None:
        """Nothing more will come: events and end both raise this."""
        if self.ended.done():
            return
        self.ended.set_exception(error)
        self.ended.exception()  # whether or not anybody waits for it
        self._break(error)

    async def batches(self) -> AsyncGenerator[list[bytes], None]:
        """All that has come since the last; ends after the last event. Raises EventsLost, or what `fail` was given.

        When the reader leaves, later events are dropped; the end still comes.
        """
        try:
            while True:
                if self._events:
                    batch, self._events, self._bytes = self._events, [], 0
                    if self.is_numbered:
                        self.given_ids, self._ids = self._ids, []
                    self._has_given = True
                    yield batch
                elif self._broken is not None:
                    raise self._broken
                elif self._is_over:
                    return
                else:
                    self._waiter = self._loop.create_future()
                    await self._waiter
        finally:
            self._is_over = True
            self._events, self._bytes = [], 0

    def _begin(self, attempt: int) -> None:
        """Another attempt begins: what nobody has seen of the last is dropped, what somebody has is taken back."""
        self.attempt, self.number = attempt, 0
        self._events, self._ids, self._bytes = [], [], 0
        if self._has_given:
            self._append(RETRY_EVENT)

    def _append(self, event: bytes) -> None:
        self._events.append(event)
        if self.is_numbered:
            self._ids.append(f"{self.attempt}-{self.number}")
        self._bytes += len(event)
        if self._bytes > self._max_bytes:
            self._events, self._ids = [], []
            self._break(EventsLost(f"the client of job {self.job_id} reads too slowly: its stream was cut, the job goes on"))
        self._wake()

    def _break(self, error: FlowisectlError) -> None:
        self._broken = error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is None or self._waiter.done():
            return
        if self._hand is None or self._is_over or self._broken is not None:
            self._waiter.set_result(None)
        elif not self._is_handing:  # once for all that comes in this turn of the loop
            self._is_handing = True
            self._loop.call_soon(self._hand_on)

    def _hand_on(self) -> None:
        """Give what is there without waking the reader, who waits; it is woken for what is not taken."""
        self._is_handing = False
        if self._hand is None or self._waiter is None or self._waiter.done() or not self._events:
            return
        try:
            is_taken = self._hand(self._events)
        except Exception:
            log.exception("events of job %s could not be handed on", self.job_id)
            is_taken = False
        if is_taken:
            self._events, self._bytes, self._has_given = [], 0, True
        else:
            self._waiter.set_result(None)
