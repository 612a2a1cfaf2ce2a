"""One run on this worker: the claimed job, its task, and why it shall stop."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from flowisectl.events.publisher import JobSink, Publisher
from flowisectl.queue.claims import ClaimedJob, WorkerClaims
from flowisectl.worker.trace import JobTrace


class StopReason(StrEnum):
    """Why a run's task was cancelled; it is also the argument of its CancelledError."""

    ABORTED = "aborted"
    """Somebody asked for it: the run ends with what it has, and that is its outcome."""
    HANDED_BACK = "handed back"
    """The worker ends: the job runs elsewhere, nothing of this run may be kept."""
    LEASE_LOST = "lease lost"
    """Others have the job already."""


class RunningJob:
    def __init__(self, job: ClaimedJob, claims: WorkerClaims, publisher: Publisher) -> None:
        self.job = job
        self.claims = claims
        self.trace = JobTrace()
        self.stop_reason: StopReason | None = None
        self.sink: JobSink | None = None
        self.task: asyncio.Task[None] | None = None
        self.accepted_ms = 0
        """When main accepted it, by main's clock; 0 while that is not known."""
        self.is_ending = False
        """The outcome is known and on its way to Redis; it is too late to stop."""
        self.started = asyncio.get_running_loop().time()
        self._has_begun = False
        self._publisher = publisher

    def begin(self) -> None:
        """The task has its first step; what asked it to stop before comes into force now."""
        self._has_begun = True
        if self.stop_reason is not None:
            self._cancel(self.stop_reason)

    def open_sink(self, *, wants_stream: bool) -> JobSink:
        """Where the run's events go; nowhere when nobody asked for them."""
        job = self.job
        self.sink = self._publisher.sink(job.id, job.run, job.reply, worker_id=self.claims.worker_id, is_heard=wants_stream)
        return self.sink

    def stop(self, reason: StopReason) -> None:
        """Cancel the run; the first reason counts, but a lease that is lost overrides all."""
        if self.is_ending or (self.stop_reason is not None and reason is not StopReason.LEASE_LOST):
            return
        self.stop_reason = reason
        if self._has_begun:  # a task that is cancelled before its first step never takes one, and would end nothing
            self._cancel(reason)

    def _cancel(self, reason: StopReason) -> None:
        if self.task is not None:
            self.task.cancel(reason.value)
