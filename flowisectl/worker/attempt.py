"""One attempt at a job on this worker: what the run may ask before it writes, and what it keeps for another attempt."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.database.attempt import Fence
from flowisectl.errors import RedisUnavailable
from flowisectl.events.wire import from_json, to_json
from flowisectl.runs.attempt import AttemptLost
from flowisectl.worker.running import RunningJob, StopReason

log = logging.getLogger(__name__)


class WorkerAttempt:
    """`runs.attempt.Attempt` of a running job, and its `engine.context.Checkpoint`."""

    def __init__(self, running: RunningJob, fence_id: str) -> None:
        """`fence_id` is new for each job, however often it starts: the id of the message or of the upsert that it leaves."""
        self._running = running
        self.fence = Fence(fence_id, running.job.run)
        self._was_told = False

    @property
    def checkpoint(self) -> WorkerAttempt:
        return self

    async def confirm(self) -> None:
        """Raises AttemptLost when the job was given to another worker, or is being handed back."""
        running = self._running
        if running.stop_reason in (StopReason.HANDED_BACK, StopReason.LEASE_LOST) or not await running.claims.holds(running.job):
            raise AttemptLost(f"run {running.job.run} of job {running.job.id} is not the one that counts any more")

    async def load(self) -> Mapping[str, Any] | None:
        job = self._running.job
        if job.run == 1:
            return None
        try:
            data = await self._running.claims.checkpoints.load(job.id)
            kept: Mapping[str, Any] | None = from_json(data) if data else None
        except (RedisUnavailable, ValueError) as error:
            log.warning("job %s begins anew, its checkpoint cannot be read: %s", job.id, error)
            return None
        return kept

    async def save(self, data: Mapping[str, Any]) -> None:
        running = self._running
        try:
            text = orjson.dumps(data)
        except TypeError:
            text = to_json(data)
        if not await running.claims.checkpoints.save(running.job.id, running.job.run, text) and not self._was_told:
            self._was_told = True
            running.trace.note(f"{len(text):,} bytes are too much for a checkpoint: another attempt would begin before this node")
