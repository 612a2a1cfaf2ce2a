"""Main's side of an upsert in queue mode: listen for its end, put the job in the lane, wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import orjson
from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.database.connection import Database
from flowisectl.documents.request import UpsertRequest, UpsertResult
from flowisectl.errors import DeadlinePassed, JobNotFound, RedisUnavailable, RunStopped
from flowisectl.events.buffer import JobBuffer
from flowisectl.events.subscriber import Subscriber, open_subscriber
from flowisectl.events.wire import JobEnd, to_json
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import Lifecycle, NewJob, new_job_id
from flowisectl.queue.packed import FORM
from flowisectl.redis_connection import Pipeline
from flowisectl.runs.large_bodies import is_surely_large, light_body, put_body
from flowisectl.runs.payloads import LARGE_BYTES, Payloads

LANE = "upsert"
"""The queue of these jobs: predictions have another, so that neither waits for the other."""
SUBMIT_SECONDS = 1.8
"""Within two seconds a caller knows that Redis is away."""
LOOK_SECONDS = 2.0
"""How often a caller looks after its job by itself, in case the notice of its end was lost."""


class QueueUpserts:
    """`documents.submission.UpsertSubmitter` over the queue. One for each main process; open it with `open_upserts`."""

    def __init__(self, lifecycle: Lifecycle, subscriber: Subscriber, settings: QueueSettings, payloads: Payloads | None = None) -> None:
        self._payloads = payloads
        self._lifecycle = lifecycle
        self._subscriber = subscriber
        self._wait_seconds = settings.wait_timeout_seconds
        self._withdrawals: set[asyncio.Task[None]] = set()

    async def submit(self, request: UpsertRequest) -> QueuedUpsert:
        """Accept an upsert: it is in the queue when this returns. Raises RedisUnavailable within two seconds.

        A large one may raise DatabaseUnavailable.
        """
        job_id, request = new_job_id(), replace(request, reads=FORM)
        payloads = self._payloads
        data = b"" if payloads is not None and is_surely_large(request.body) else _to_bytes(request)
        is_large = payloads is not None and (not data or len(data) >= LARGE_BYTES)
        if is_large and payloads is not None:
            digest = await put_body(payloads, job_id, request.body)
            data = _to_bytes(replace(request, body=light_body(request.body), body_digest=digest))
        buffer = self._subscriber.listen(job_id)
        job = NewJob(id=job_id, request=data, flow_id=request.target_id, chat_id=request.chat_id, reply=self._subscriber.stream)
        try:
            await self._enqueue(job)
        except BaseException:
            self._subscriber.forget(job_id)
            # Redis may have taken the job all the same, and nobody waits for it.
            task = asyncio.create_task(self._withdraw(job_id))
            self._withdrawals.add(task)
            task.add_done_callback(self._withdrawals.discard)
            raise
        if is_large and payloads is not None:
            with contextlib.suppress(RedisUnavailable):  # without a mark it goes when it expires
                await payloads.mark(job_id)
        return QueuedUpsert(job_id, buffer, self._lifecycle, self._subscriber, self._wait_seconds, payloads)

    async def _enqueue(self, job: NewJob) -> None:
        """Redis may be between two connections: try until the time is up; the job's id makes that safe."""
        failure = RedisUnavailable("Redis did not take the job in time: is it frozen? `flowisectl status` tells")
        try:
            async with asyncio.timeout(SUBMIT_SECONDS):
                while True:
                    try:
                        await self._lifecycle.enqueue(job)
                        return
                    except RedisUnavailable as error:
                        failure = error
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            self._lifecycle.entrance.is_shut(failure)
            raise failure from error

    async def _withdraw(self, job_id: str) -> None:
        for _ in range(10):
            try:
                await self._lifecycle.stop(job_id)
                return
            except RedisUnavailable:
                await asyncio.sleep(1.0)
            except JobNotFound:
                return


class QueuedUpsert:
    """`documents.submission.UpsertSubmission` of a job in the lane."""

    def __init__(
        self,
        job_id: str,
        buffer: JobBuffer,
        lifecycle: Lifecycle,
        subscriber: Subscriber,
        wait_seconds: float,
        payloads: Payloads | None = None,
    ) -> None:
        self._payloads = payloads
        self.job_id = job_id
        self._buffer = buffer
        self._lifecycle = lifecycle
        self._subscriber = subscriber
        self._wait_seconds = wait_seconds

    async def result(self) -> UpsertResult:
        """How the job ended. Raises DeadlinePassed, RedisUnavailable, and for a large answer PayloadLost and DatabaseUnavailable."""
        try:
            async with asyncio.timeout(self._wait_seconds):
                end = await self._end()
                data = end.result
                if not data and not end.is_from_elsewhere:
                    data = await self._lifecycle.result(self.job_id)
        except TimeoutError as error:
            raise DeadlinePassed(
                f"job {self.job_id} has not ended within {self._wait_seconds:g} s (QUEUE_WAIT_TIMEOUT); it goes on"
            ) from error
        finally:
            self._subscriber.forget(self.job_id)
        if data:
            result = UpsertResult.from_bytes(data, self.job_id)
            if not result.stored_as or self._payloads is None:
                return result
            return replace(result, body=await self._payloads.get(self.job_id, result.stored_as), stored_as="")
        kind = RunStopped.__name__ if end.state == "aborted" else "WorkerLost" if end.state == "dead" else "UnexpectedError"
        return UpsertResult(error=end.error or f"job {self.job_id} left no result", error_kind=kind, status=500)

    async def _end(self) -> JobEnd:
        """The job's end, by its notice or, when that was lost, by asking. An end must be found twice: its notice may be on its way."""
        was_ended = False
        while True:
            await asyncio.wait([self._buffer.ended], timeout=LOOK_SECONDS)
            if self._buffer.ended.done():
                return self._buffer.ended.result()
            try:
                known = (await self._lifecycle.ends([self.job_id]))[0]
            except RedisUnavailable:
                continue
            if known.is_live:
                continue
            if not known.state:
                raise RedisUnavailable(f"job {self.job_id} is no longer in Redis: it has lost its data; ask again")
            if was_ended:
                return JobEnd(self.job_id, known.run, known.state, known.events, b"", known.error)
            was_ended = True


def _to_bytes(request: UpsertRequest) -> bytes:
    """The request's JSON; what orjson refuses in a body (lone surrogates, huge integers) goes the long way."""
    try:
        return orjson.dumps(request)
    except TypeError:
        return to_json(request.to_json())


@asynccontextmanager
async def open_upserts(redis: Redis, settings: QueueSettings, database: Database | None = None) -> AsyncIterator[QueueUpserts]:
    """A submitter that hears of its jobs' ends before it accepts the first; `database` keeps what is too large for Redis.

    Raises RedisUnavailable.
    """
    pipeline, keys = Pipeline(redis), QueueKeys(settings.name, LANE)
    lifecycle = Lifecycle(pipeline, keys, settings)
    payloads = Payloads(database, pipeline, keys, settings) if database is not None else None
    async with open_subscriber(
        redis, pipeline, prefix=settings.name, max_entries=settings.event_stream_max_len, what="upserts"
    ) as subscriber:
        tasks = [asyncio.create_task(lifecycle.reap_for_ever(), name="upsert-reaper")]
        if payloads is not None:
            tasks.append(asyncio.create_task(payloads.sweep_for_ever(), name="upsert-payload-sweeper"))
        try:
            yield QueueUpserts(lifecycle, subscriber, settings, payloads)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
    await pipeline.aclose()
