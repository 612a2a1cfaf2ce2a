"""When a worker has worked enough: after so many jobs, or holding so much memory, it ends in order and another takes its place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from config.settings import WorkerSettings
from flowisectl.observability.memory import resident_bytes

LOOK_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Limits:
    jobs: int = 0
    """WORKER_MAX_JOBS; 0: none."""
    memory_bytes: int = 0
    """WORKER_MAX_MEMORY; 0: none."""

    @classmethod
    def from_settings(cls, settings: WorkerSettings) -> Limits:
        return cls(jobs=settings.max_jobs, memory_bytes=settings.max_memory_bytes)

    def reached(self, finished: int, held_bytes: int) -> str:
        """Why a worker that has finished so many jobs and holds so much shall end; empty while it shall not."""
        if self.jobs and finished >= self.jobs:
            return f"{finished:,} jobs are done (WORKER_MAX_JOBS={self.jobs:,})"
        if self.memory_bytes and held_bytes > self.memory_bytes:
            return f"{held_bytes >> 20:,} MiB are held (WORKER_MAX_MEMORY is {self.memory_bytes >> 20:,} MiB)"
        return ""


async def stop_when_reached(limits: Limits, finished: Callable[[], int], stop: Callable[[], None]) -> None:
    """Look now and then, and call `stop` once. Returns then; never, without limits."""
    if not limits.jobs and not limits.memory_bytes:
        return
    while not (reason := limits.reached(finished(), resident_bytes())):
        await asyncio.sleep(LOOK_SECONDS)
    log.info("this worker ends to be started again: %s", reason)
    stop()
