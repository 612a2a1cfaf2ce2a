"""A worker's lease: lengthened while the worker lives, begun anew under another id when others have taken its jobs."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable

from flowisectl.errors import RedisUnavailable
from flowisectl.queue.claims import LeaseLost, WorkerClaims
from flowisectl.queue.lifecycle import LEASE_MS
from flowisectl.queue.queue import JobQueue
from flowisectl.queue.retention import Retention
from flowisectl.worker.doorbell import READ_SECONDS
from flowisectl.worker.pulse import Pulse

BEAT_SECONDS = 1.0
NOT_STARTED = "it has not started yet"

log = logging.getLogger(__name__)


class Lease:
    """`claims` are what is held now. While the event loop is busy the pulse, a thread, lengthens the lease in its place."""

    def __init__(self, jobs: JobQueue, *, about: Callable[[], bytes], on_lost: Callable[[], None], on_stop: Callable[[str], None]) -> None:
        """`about` is what the worker says of itself, `on_lost` drops its runs, `on_stop` stops one."""
        self._jobs = jobs
        self._about = about
        self._on_lost = on_lost
        self._on_stop = on_stop
        self._id = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._count = 0
        self._lost: list[tuple[float, WorkerClaims]] = []
        """Leases that have ended, each with the time until which a job may still land there."""
        self.claims = self._new_claims()
        self.pulse = Pulse(jobs.redis, lambda: self.claims)
        self._trouble = NOT_STARTED
        self._last_beat = float("-inf")
        self.is_given_up = False

    @property
    def trouble(self) -> str:
        """Why the last beat, or the last try to take jobs, failed; empty when it did not."""
        return self._trouble

    @trouble.setter
    def trouble(self, reason: str) -> None:
        queue = self._jobs.keys.queue
        if reason and not self._trouble:
            log.warning("no jobs of the queue %s can be taken: %s", queue, reason)
        elif self._trouble and not reason and self._trouble != NOT_STARTED:
            log.info("jobs of the queue %s are taken again", queue)
        self._trouble = reason

    @property
    def silent_seconds(self) -> float:
        """How long ago the last beat was that reached Redis."""
        return asyncio.get_running_loop().time() - self._last_beat

    async def take(self) -> None:
        """The first beat. Raises RedisUnavailable."""
        await self._beat(is_first=True)
        self.pulse.start()

    async def keep(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            claims = self.claims
            try:
                await self._beat()
                await self._clear_lost()
            except LeaseLost:
                if not self.is_given_up:
                    await self.renew(claims)
            except RedisUnavailable as error:
                self.trouble = str(error)
            except Exception as error:
                log.exception("the lease could not be lengthened")
                self.trouble = f"{type(error).__name__}: {error}"

    async def renew(self, lost: WorkerClaims) -> None:
        """Others have taken the jobs of this worker (it was paused, or cut off): drop them, and begin anew."""
        if self.claims is not lost:
            return
        self.claims = self._new_claims()
        self._lost.append((asyncio.get_running_loop().time() + READ_SECONDS, lost))
        self._on_lost()
        try:
            await self._beat(is_first=True)
        except RedisUnavailable as error:
            self.trouble = str(error)

    async def give_up(self) -> None:
        """Hand back what is held. Raises nothing: others take it when the lease ends."""
        try:
            if count := await self.claims.release():
                log.info("%d jobs were handed back", count)
        except RedisUnavailable as error:
            log.warning("the lease could not be given up, others take the jobs when it ends: %s", error)
        self.pulse.close()

    def _new_claims(self) -> WorkerClaims:
        self._count += 1
        jobs = self._jobs
        retention = Retention.from_settings(jobs.settings)
        return WorkerClaims(jobs.pipeline, jobs.keys, f"{self._id}{self._count:02d}", lease_ms=LEASE_MS, retention=retention)

    async def _beat(self, *, is_first: bool = False) -> None:
        self.pulse.about = self._about()
        to_stop = await self.claims.beat(self.pulse.about, is_first=is_first)
        self._last_beat = asyncio.get_running_loop().time()
        self.trouble = ""
        for job_id in to_stop:
            self._on_stop(job_id)

    async def _clear_lost(self) -> None:
        """Put back what woke this worker under a lease that it has lost. A Redis without its data knows of no such worker."""
        now = asyncio.get_running_loop().time()
        for _, claims in self._lost:
            await claims.release()
        self._lost = [(until, claims) for until, claims in self._lost if until > now]
