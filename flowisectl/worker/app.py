"""Put the workers of a process together: one for predictions, one for upserts."""

from __future__ import annotations

from importlib.metadata import version

from redis.asyncio import Redis

from config.settings import QueueSettings, WorkerSettings
from flowisectl.database.connection import Database
from flowisectl.observability.telemetry import Telemetry
from flowisectl.queue.queue import JobQueue
from flowisectl.runs.payloads import Payloads
from flowisectl.worker.health import open_health
from flowisectl.worker.lanes import Lanes
from flowisectl.worker.leased import LeasedWorker
from flowisectl.worker.recycling import Limits
from flowisectl.worker.tasks import Runner, Upserts, predict, upsert
from flowisectl.worker.traced import traced

__all__ = ["Lanes", "LeasedWorker", "Runner", "Upserts", "create_lanes", "create_upsert_worker", "create_worker", "open_health"]

UPSERT_LANE = "upsert"
MAX_UPSERTS = 32
"""Upserts hold all their documents in memory, so a process takes no more at once, whatever WORKER_CONCURRENCY allows."""


def create_lanes(
    redis: Redis,
    runner: Runner,
    upserts: Upserts,
    queue: QueueSettings,
    worker: WorkerSettings,
    telemetry: Telemetry | None = None,
    database: Database | None = None,
) -> Lanes:
    """Both lanes of a worker process, not begun: `await lanes.run()` works until SIGTERM, SIGINT or `lanes.stop()`.

    `database` keeps what is too large for Redis.
    """
    lanes = [
        create_worker(redis, runner, queue, worker, telemetry, database),
        create_upsert_worker(redis, upserts, queue, worker, telemetry, database),
    ]
    return Lanes(lanes, Limits.from_settings(worker))


def create_worker(
    redis: Redis,
    runner: Runner,
    queue: QueueSettings,
    worker: WorkerSettings,
    telemetry: Telemetry | None = None,
    database: Database | None = None,
) -> LeasedWorker:
    """A worker that has not begun: `await worker.start()` works until SIGTERM, SIGINT or `worker.event.set()`.

    It needs a running event loop. `start` raises RedisUnavailable when there is no Redis to begin with; later it waits.
    """
    jobs = JobQueue(redis, queue)
    return LeasedWorker(
        jobs,
        traced(predict, telemetry, "prediction"),
        concurrency=worker.concurrency,
        grace_seconds=worker.shutdown_grace_seconds,
        version=version("flowisectl"),
        health_port=worker.port,
        context={"runner": runner, "job_timeout_seconds": queue.job_timeout_seconds, "payloads": _payloads(jobs, database)},
    )


def create_upsert_worker(
    redis: Redis,
    upserts: Upserts,
    queue: QueueSettings,
    worker: WorkerSettings,
    telemetry: Telemetry | None = None,
    database: Database | None = None,
) -> LeasedWorker:
    """The same for the lane of upserts: slots of its own, so that neither lane waits for the other."""
    jobs = JobQueue(redis, queue, queue=UPSERT_LANE)
    return LeasedWorker(
        jobs,
        traced(upsert, telemetry, UPSERT_LANE),
        concurrency=min(worker.concurrency, MAX_UPSERTS),
        grace_seconds=worker.shutdown_grace_seconds,
        version=version("flowisectl"),
        health_port=worker.port,
        context={"runner": upserts, "job_timeout_seconds": queue.job_timeout_seconds, "payloads": _payloads(jobs, database)},
    )


def _payloads(jobs: JobQueue, database: Database | None) -> Payloads | None:
    return Payloads(database, jobs.pipeline, jobs.keys, jobs.settings) if database is not None else None
