"""One worker's hold on its jobs: its lease, what it claims, and how it lets go."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flowisectl.errors import RedisUnavailable
from flowisectl.queue import claim_scripts as scripts
from flowisectl.queue.checkpoints import Checkpoints
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.retention import Retention
from flowisectl.redis_connection import Pipeline

LOST = b"lost"
FINISH_BATCH = 500
DRIFT = 0.1
"""Of a lease, how much is given to clocks that do not run alike: a worker is sure of its lease for the rest of it."""
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""It goes on while the machine sleeps, as the clock of the Redis server does."""

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Others have taken this worker's jobs: whatever it still does for them is refused."""


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    id: str
    run: int
    """Which start of the job this is, from 1: numbers its events and fences its end."""
    request: bytes
    reply: str
    """The event stream of the main that waits; empty when none does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: `done`, `failed` or `aborted`; `result` is opaque to the queue."""

    state: str
    error: str = ""
    result: bytes = b""


def now() -> float:
    """Seconds of a clock that never goes back."""
    return time.clock_gettime(CLOCK)


class WorkerClaims:
    """The jobs of one worker under one lease. A worker that lost its lease makes a new one, with another id."""

    def __init__(self, pipeline: Pipeline, keys: QueueKeys, worker_id: str, *, lease_ms: int, retention: Retention) -> None:
        self.worker_id = worker_id
        self._pipeline = pipeline
        self._keys = keys
        self._lease_ms = lease_ms
        self._retention = retention
        self.checkpoints = Checkpoints(pipeline, keys, worker_id)
        self.held_until = float("-inf")
        """Until then, by `now`, nobody else can have been given this worker's jobs."""
        self._is_lost = False
        self._must_recover = False
        self._ending: list[tuple[tuple[Any, ...], asyncio.Future[bool]]] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def is_lost(self) -> bool:
        return self._is_lost

    async def beat(self, about: bytes, *, is_first: bool = False) -> list[str]:
        """Lengthen the lease; gives the ids of jobs that shall stop. Raises LeaseLost, RedisUnavailable."""
        sent = now()
        reply = await scripts.BEAT.run(self._pipeline, self._keys.prefix, self.worker_id, self._lease_ms, about, "1" if is_first else "0")
        if reply == LOST:
            self._is_lost = True
            raise LeaseLost(self.worker_id)
        self.was_held(sent)
        return [job_id.decode() for job_id in reply]

    def beat_arguments(self, about: bytes) -> tuple[object, ...]:
        """The arguments of BEAT for whoever beats in this worker's place; `was_held` tells of its success."""
        return self._keys.prefix, self.worker_id, self._lease_ms, about, "0"

    def was_held(self, sent: float) -> None:
        """A beat that was sent at this time, by `now`, has lengthened the lease."""
        self.held_until = max(self.held_until, sent + self._lease_ms / 1000 * (1 - DRIFT))

    async def holds(self, job: ClaimedJob) -> bool:
        """Whether the run is still this worker's. Asks Redis only when the lease may have ended; waits for it as long as it takes."""
        pause = 0.0
        while not self._is_lost:
            if now() < self.held_until:
                return True
            try:
                run, worker, state = await self._pipeline.execute("HMGET", self._keys.job(job.id), "runs", "worker", "state")
            except RedisUnavailable as error:
                pause = min(pause * 2 + 0.02, 1.0)
                log.warning("job %s waits for Redis before it writes to the database: %s", job.id, error)
                await asyncio.sleep(pause)
                continue
            return bool((run, worker, state) == (str(job.run).encode(), self.worker_id.encode(), b"running"))
        return False

    async def claim(self, limit: int, known: Collection[str]) -> list[ClaimedJob]:
        """Up to `limit` jobs, in the order of the queue. `known` are those that run already. Raises LeaseLost, RedisUnavailable."""
        if self._must_recover:
            recovered = await self._recover(known)
            self._must_recover = False
            if recovered:
                return recovered
        try:
            reply = await scripts.CLAIM.run(self._pipeline, self._keys.prefix, self.worker_id, limit, once=True)
        except (RedisUnavailable, asyncio.CancelledError):
            # The claim may have been done, and only its reply lost: look before the next one.
            self._must_recover = True
            raise
        if reply == LOST:
            self._is_lost = True
            raise LeaseLost(self.worker_id)
        return [ClaimedJob(reply[i].decode(), int(reply[i + 1]), reply[i + 2], reply[i + 3].decode()) for i in range(0, len(reply), 4)]

    async def _recover(self, known: Collection[str]) -> list[ClaimedJob]:
        """Jobs that are this worker's in Redis without its knowing."""
        held = [job_id.decode() for job_id in await self._pipeline.execute("ZRANGE", self._keys[f"running:{self.worker_id}"], 0, -1)]
        missed = [job_id for job_id in held if job_id not in known]
        fields = await asyncio.gather(
            *(self._pipeline.execute("HMGET", self._keys.job(job_id), "runs", "request", "reply") for job_id in missed)
        )
        return [ClaimedJob(job_id, int(f[0]), f[1], (f[2] or b"").decode()) for job_id, f in zip(missed, fields, strict=True) if f[0]]

    async def finish(self, job: ClaimedJob, outcome: Outcome, *, events: int, trace: bytes) -> bool:
        """End a job, together with others that end now; waits for Redis as long as it takes.

        False when the run was not this worker's any more: nothing was written.
        """
        if self._is_lost:
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        error = outcome.error.encode("utf-8", "backslashreplace")
        self._ending.append(((job.id, job.run, outcome.state, error, outcome.result, trace, events), future))
        if self._task is None:
            self._task = asyncio.create_task(self._finish_all(), name="finish-jobs")
        return await future

    async def _finish_all(self) -> None:
        pause = 0.0
        try:
            while self._ending:
                batch = self._ending[:FINISH_BATCH]
                try:
                    done = [bool(reply) for reply in await self._send_ends([args for args, _ in batch])]
                except RedisUnavailable as error:
                    if not self._is_lost:
                        pause = min(pause * 2 + 0.02, 1.0)
                        log.warning("%d ended jobs wait for Redis: %s", len(self._ending), error)
                        await asyncio.sleep(pause)
                        continue
                    done = [False] * len(batch)
                pause = 0.0
                del self._ending[: len(batch)]
                for (_, future), is_done in zip(batch, done, strict=True):
                    if not future.done():
                        future.set_result(is_done)
        finally:
            self._task = None
            for _, future in self._ending:  # of a cancelled task: nobody shall wait for them
                future.cancel()
            self._ending = []

    async def _send_ends(self, ends: list[tuple[Any, ...]]) -> list[int]:
        flat = [value for end in ends for value in end]
        reply: list[int] = await scripts.FINISH.run(self._pipeline, self._keys.prefix, self.worker_id, *self._retention.arguments, *flat)
        return reply

    async def note(self, traces: list[tuple[ClaimedJob, bytes]]) -> None:
        """Keep what running jobs have done so far. Raises RedisUnavailable."""
        flat = [value for job, trace in traces for value in (job.id, job.run, trace)]
        await scripts.NOTE.run(self._pipeline, self._keys.prefix, self.worker_id, *flat)

    async def release(self) -> int:
        """Hand everything back and give up the lease; gives how many jobs that were. Raises RedisUnavailable."""
        self._is_lost = True
        return int(await scripts.RELEASE.run(self._pipeline, self._keys.prefix, self.worker_id))
