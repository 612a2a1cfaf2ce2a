"""A queue without a worker: claims are made by the test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.queue.claims import ClaimedJob, Outcome, WorkerClaims
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import Lifecycle, NewJob, new_job_id
from flowisectl.queue.retention import Retention
from flowisectl.redis_connection import Pipeline

DONE = Outcome("done", "", b'{"error":""}\n{"text":"hi"}')


@dataclass
class Bench:
    redis: Redis
    pipeline: Pipeline
    keys: QueueKeys
    settings: QueueSettings
    lifecycle: Lifecycle

    async def enqueue(self, *, flow: str = "flow", chat: str = "chat", reply: str = "", request: bytes = b"{}") -> str:
        job_id = new_job_id()
        await self.lifecycle.enqueue(NewJob(id=job_id, request=request, flow_id=flow, chat_id=chat, reply=reply))
        return job_id

    async def worker(self, name: str) -> WorkerClaims:
        claims = WorkerClaims(self.pipeline, self.keys, name, lease_ms=60_000, retention=Retention.from_settings(self.settings))
        await claims.beat(b"{}", is_first=True)
        return claims

    async def lose(self, worker: WorkerClaims) -> tuple[list[str], list[str]]:
        """The worker's lease ends, and somebody looks."""
        await self.lifecycle.reap()  # so that the next look is not the first
        await self.redis.zadd(self.keys["leases"], {worker.worker_id: 1})
        return await self.lifecycle.reap()

    async def field(self, job_id: str, name: str) -> str:
        value = await self.redis.hget(self.keys.job(job_id), name)
        return (value or b"").decode()

    async def names(self) -> set[str]:
        """Every key of this test that is about jobs and workers, without its prefix."""
        found = [key.decode() async for key in self.redis.scan_iter(match=f"{self.settings.name}*", count=1000)]
        return {name for key in found if not (name := key.removeprefix(self.keys.prefix)).startswith("pace:")}


@pytest.fixture
def bench_with(redis: Redis, pipeline: Pipeline, queue_settings: QueueSettings) -> Callable[..., Bench]:
    def make(**changes: object) -> Bench:
        settings = QueueSettings(name=queue_settings.name, **changes)  # type: ignore[arg-type]
        keys = QueueKeys(settings.name, "prediction")
        return Bench(redis, pipeline, keys, settings, Lifecycle(pipeline, keys, settings))

    return make


@pytest.fixture
def bench(bench_with: Callable[..., Bench]) -> Bench:
    return bench_with()


Finish = Callable[[WorkerClaims, ClaimedJob], Awaitable[bool]]


@pytest.fixture
def finish() -> Finish:
    async def run(worker: WorkerClaims, job: ClaimedJob) -> bool:
        return await worker.finish(job, DONE, events=0, trace=b"")

    return run
