"""Put the workers of a process together: one for predictions, one for upserts."""

from __future__ import annotations

from importlib.metadata import version

from redis.asyncio import Redis

from config.settings import QueueSettings, WorkerSettings
from flowisectl.queue.queue import JobQueue
from flowisectl.worker.health import open_health
from flowisectl.worker.lanes import Lanes
from flowisectl.worker.leased import LeasedWorker
from flowisectl.worker.recycling import Limits
from flowisectl.worker.tasks import Runner, Upserts, predict, upsert

__all__ = ["Lanes", "LeasedWorker", "Runner", "Upserts", "create_lanes", "create_upsert_worker", "create_worker", "open_health"]

UPSERT_LANE = "upsert"
MAX_UPSERTS = 32
"""Upserts hold all their documents in memory, so a process takes no more at once, whatever WORKER_CONCURRENCY allows."""


def create_lanes(redis: Redis, runner: Runner, upserts: Upserts, queue: QueueSettings, worker: WorkerSettings) -> Lanes:
    """Both lanes of a worker process, not begun: `await lanes.run()` works until SIGTERM, SIGINT or `lanes.stop()`."""
    lanes = [create_worker(redis, runner, queue, worker), create_upsert_worker(redis, upserts, queue, worker)]
    return Lanes(lanes, Limits.from_settings(worker))


def create_worker(redis: Redis, runner: Runner, queue: QueueSettings, worker: WorkerSettings) -> LeasedWorker:
    """A worker that has not begun: `await worker.start()` works until SIGTERM, SIGINT or `worker.event.set()`.

    It needs a running event loop. `start` raises RedisUnavailable when there is no Redis to begin with; later it waits.
    """
    return LeasedWorker(
        JobQueue(redis, queue),
        predict,
        concurrency=worker.concurrency,
        grace_seconds=worker.shutdown_grace_seconds,
        version=version("flowisectl"),
        health_port=worker.port,
        context={"runner": runner, "job_timeout_seconds": queue.job_timeout_seconds},
    )


def create_upsert_worker(redis: Redis, upserts: Upserts, queue: QueueSettings, worker: WorkerSettings) -> LeasedWorker:
    """The same for the lane of upserts: slots of its own, so that neither lane waits for the other."""
    return LeasedWorker(
        JobQueue(redis, queue, queue=UPSERT_LANE),
        upsert,
        concurrency=min(worker.concurrency, MAX_UPSERTS),
        grace_seconds=worker.shutdown_grace_seconds,
        version=version("flowisectl"),
        health_port=worker.port,
        context={"runner": upserts, "job_timeout_seconds": queue.job_timeout_seconds},
    )
