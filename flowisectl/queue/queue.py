"""The queue as SAQ's tools see it: its page, its worker and its health check read and steer our jobs through this class."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

import orjson
from redis.asyncio import Redis
from saq.job import Job, Status
from saq.queue.base import Queue
from saq.queue.redis import RedisQueue
from saq.types import CountKind, ListenCallback, QueueInfo, WorkerInfo

from config.settings import QueueSettings
from flowisectl.errors import JobNotFound
from flowisectl.queue.inspection import list_jobs, snapshot
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import Lifecycle
from flowisectl.queue.packed import answer_of
from flowisectl.queue.summary import JobSummary
from flowisectl.redis_connection import Pipeline

STATUS_OF_STATE = {
    "queued": Status.QUEUED,
    "running": Status.ACTIVE,
    "done": Status.COMPLETE,
    "failed": Status.FAILED,
    "aborted": Status.ABORTED,
    "dead": Status.FAILED,
}
STATES_OF_STATUS = {status: [state for state, other in STATUS_OF_STATE.items() if other == status] for status in Status}
TASKS = {"prediction": "predict"}


class JobQueue(RedisQueue):
    """One queue, `prediction` or another. Jobs live in hashes and are moved by the queue's own scripts; SAQ's own
    ways to enqueue and finish a job do not apply to them and say so."""

    def __init__(self, redis: Redis, settings: QueueSettings, *, queue: str = "prediction", pipeline: Pipeline | None = None) -> None:
        self.keys = QueueKeys(settings.name, queue)
        super().__init__(redis, name=self.keys.prefix.rstrip(":"), dump=orjson.dumps, load=orjson.loads)
        self.pipeline = pipeline or Pipeline(redis)
        self.settings = settings
        self.lifecycle = Lifecycle(self.pipeline, self.keys, settings)

    def __repr__(self) -> str:
        """SAQ logs this, and would show how to log in to Redis."""
        return f"JobQueue<{self.name}>"

    def namespace(self, key: str) -> str:
        return f"{self.name}:{key}"

    def job_id(self, job_key: str) -> str:
        return f"{self.name}:job:{job_key}"

    async def disconnect(self) -> None:
        """The client belongs to whoever opened it."""
        await self.pipeline.aclose()

    async def info(self, jobs: bool = False, offset: int = 0, limit: int = 10) -> QueueInfo:
        now = await snapshot(self.redis, self.settings, queue=self.keys.queue, last=0)
        shown = await self._page(offset, limit) if jobs else []
        workers: dict[str, WorkerInfo] = {
            worker.id: {
                "queue_key": self.name,
                "stats": {"complete": worker.finished, "failed": 0, "retried": 0, "aborted": 0, "uptime": now.taken_ms - worker.started_ms},
                "metadata": {"state": worker.state, "busy": worker.busy, "capacity": worker.capacity, "version": worker.version},
            }
            for worker in now.workers
        }
        return {
            "workers": workers,
            "name": self.name,
            "queued": now.waiting,
            "active": now.running,
            "scheduled": 0,
            "jobs": shown,
        }

    async def _page(self, offset: int, limit: int) -> list[dict[str, Any]]:
        summaries = await list_jobs(self.redis, self.settings, limit=offset + limit, queue=self.keys.queue)
        return [self._to_saq(summary).to_dict() for summary in summaries[offset:]]

    async def count(self, kind: CountKind) -> int:
        now = await snapshot(self.redis, self.settings, queue=self.keys.queue, last=0)
        counts = {"queued": now.waiting, "active": now.running, "incomplete": now.waiting + now.running}
        if kind not in counts:
            raise ValueError(f"cannot count {kind!r}: queued, active or incomplete")
        return counts[kind]

    async def job(self, job_key: str) -> Job | None:
        return (await self.jobs([job_key]))[0]

    async def jobs(self, job_keys: Iterable[str]) -> list[Job | None]:
        found: list[Job | None] = []
        for key in job_keys:
            rows = await self.pipeline.execute("HGETALL", self.job_id(key))
            if not rows:
                found.append(None)
                continue
            fields: dict[bytes, bytes] = dict(zip(rows[::2], rows[1::2], strict=True))
            summary = JobSummary.from_fields(key, fields, now_ms=0)
            job = self._to_saq(summary)
            job.result = answer_of(fields.get(b"result", b"")).decode("utf-8", "replace") or None
            found.append(job)
        return found

    async def iter_jobs(self, statuses: list[Status] | None = None, batch_size: int = 100) -> AsyncIterator[Job]:
        statuses = list(Status) if statuses is None else statuses
        states = {state for status in statuses for state in STATES_OF_STATUS[status]}
        for summary in await list_jobs(self.redis, self.settings, limit=1_000_000, queue=self.keys.queue):
            if summary.state in states:
                yield self._to_saq(summary)

    async def abort(self, job: Job, error: str, ttl: float = 5) -> None:
        await self.lifecycle.stop(job.key, error)

    async def retry(self, job: Job, error: str | None) -> None:
        await self.lifecycle.retry(job.key)

    async def _retry(self, job: Job, error: str | None) -> None:
        await self.lifecycle.retry(job.key)

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        back, dead = await self.lifecycle.reap()
        return [*back, *dead]

    async def schedule(self, lock: int = 1) -> list[str]:
        return []

    async def listen(
        self, job_keys: Iterable[str], callback: ListenCallback, timeout: float | None = 10, poll_interval: float = 0.5
    ) -> None:
        await Queue.listen(self, list(job_keys), callback, timeout, poll_interval)

    async def write_worker_info(self, worker_id: str, info: WorkerInfo, ttl: int) -> None:
        """Workers tell of themselves with their beat."""

    async def update(self, job: Job, **kwargs: Any) -> None:
        raise TypeError(f"job {job.key} is moved by its worker's claims, not by Queue.update")

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> Job | None:
        raise TypeError("jobs of this queue are taken by WorkerClaims.claim")

    async def _enqueue(self, job: Job) -> Job | None:
        raise TypeError("jobs of this queue are made by Lifecycle.enqueue")

    async def _finish(self, job: Job, status: Status, *, result: Any = None, error: str | None = None) -> None:
        raise TypeError(f"job {job.key} is ended by its worker's claims, not by Queue.finish")

    def _to_saq(self, summary: JobSummary) -> Job:
        if not summary.state:
            raise JobNotFound(summary.id)
        return Job(
            function=TASKS.get(self.keys.queue, self.keys.queue),
            kwargs={"flow": summary.flow_id, "chat": summary.chat_id},
            queue=self,
            key=summary.id,
            timeout=int(self.settings.job_timeout_seconds),
            retries=self.settings.job_attempts,
            attempts=summary.attempts,
            queued=summary.accepted_ms,
            started=summary.started_ms,
            completed=summary.finished_ms,
            error=summary.error or None,
            status=STATUS_OF_STATE[summary.state],
            worker_id=summary.worker or None,
            meta={"state": summary.state},
        )
