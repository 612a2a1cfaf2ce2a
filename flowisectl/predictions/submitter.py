"""Main's side of a prediction in queue mode: listen, put the job in the queue, give its events and its result."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.database.connection import Database
from flowisectl.errors import DeadlinePassed, InvalidRequest, JobNotFound, QueueFull, RedisUnavailable
from flowisectl.events.subscriber import Subscriber, open_subscriber
from flowisectl.events.wire import JobEnd, error_event, to_json
from flowisectl.predictions.callback import to_fields
from flowisectl.predictions.follower import FollowedPrediction
from flowisectl.predictions.idempotency import IdempotencyKeys, failing_after
from flowisectl.predictions.job_status import JobStatus, load_status
from flowisectl.predictions.large import light_request
from flowisectl.predictions.place import Place
from flowisectl.predictions.queued import QueuedPrediction
from flowisectl.predictions.request import EXTERNAL_PREFIX, PredictionRequest
from flowisectl.predictions.submission import PLAIN, Acceptance
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import Lifecycle, NewJob, new_job_id
from flowisectl.queue.packed import FORM
from flowisectl.redis_connection import Pipeline
from flowisectl.runs.large_bodies import is_surely_large
from flowisectl.runs.payloads import LARGE_BYTES, Payloads

Seal = Callable[[Mapping[str, Any]], str]
"""Closes what others must not read in Redis."""

SUBMIT_SECONDS = 1.8
"""Within two seconds a caller knows that Redis is away."""
RECONCILE_SECONDS = 2.0

log = logging.getLogger(__name__)


def _no_seal(fields: Mapping[str, Any]) -> str:
    raise InvalidRequest("this process cannot keep a callback: it has no encryption key")


class QueueSubmitter:
    """`predictions.submission.Submitter` over the queue. One for each main process; open it with `open_submitter`."""

    def __init__(
        self,
        pipeline: Pipeline,
        keys: QueueKeys,
        lifecycle: Lifecycle,
        subscriber: Subscriber,
        settings: QueueSettings,
        payloads: Payloads | None = None,
        seal: Seal = _no_seal,
    ) -> None:
        self._payloads = payloads
        self._seal = seal
        self._pipeline = pipeline
        self._keys = keys
        self._lifecycle = lifecycle
        self._subscriber = subscriber
        self._idempotency = IdempotencyKeys(pipeline, keys)
        self._wait_seconds = settings.wait_timeout_seconds
        self._accepted: dict[str, float] = {}
        self._seen_ended: set[str] = set()
        self._background: set[asyncio.Task[None]] = set()
        subscriber.on_new_stream = self._reconcile_soon

    @property
    def background(self) -> set[asyncio.Task[None]]:
        """What still goes on beside the waits."""
        return set(self._background)

    async def submit(self, request: PredictionRequest, acceptance: Acceptance = PLAIN) -> QueuedPrediction | FollowedPrediction:
        """Accept a prediction: it is in the queue when this returns.

        Raises RedisUnavailable within two seconds, QueueFull, InvalidRequest for an idempotency key of another request,
        DatabaseUnavailable for a large one.
        """
        job_id = new_job_id()
        if acceptance.idempotency_key:
            async with failing_after(SUBMIT_SECONDS):
                job_id = await self._idempotency.job_id(request.flow_id, acceptance)
        data = b"" if self._payloads is not None and is_surely_large(request.body) else _to_bytes(request)
        is_large = self._payloads is not None and (not data or len(data) >= LARGE_BYTES)
        if is_large and self._payloads is not None:
            data = _to_bytes(await light_request(request, job_id, self._payloads))
        # Whoever follows the job hears of it from its log.
        follows = acceptance.is_detached or bool(acceptance.idempotency_key)
        buffer = None if follows else self._subscriber.listen(job_id, lambda end: _closing_event(request, end))
        if buffer is not None:
            buffer.is_numbered = acceptance.is_numbered
        job = NewJob(
            id=job_id,
            request=data,
            flow_id=request.flow_id,
            chat_id=request.chat_id,
            reply="" if follows else self._subscriber.stream,
            max_of_flow=acceptance.max_of_flow,
            callback=self._seal(to_fields(acceptance.callback, request.chat_id)) if acceptance.callback is not None else "",
        )
        try:
            is_new = await self._enqueue(job)
        except BaseException as error:
            self._subscriber.forget(job_id)
            if is_large and self._payloads is not None and isinstance(error, QueueFull):
                await self._payloads.forget(job_id)
            if not isinstance(error, QueueFull) and not acceptance.idempotency_key:
                # Redis may have taken the job all the same, and nobody waits for it.
                self._spawn(self._withdraw(job_id))
            raise
        if is_large and self._payloads is not None:
            with contextlib.suppress(RedisUnavailable):  # without a mark it goes when it expires
                await self._payloads.mark(job_id)
        if buffer is None:
            if not is_new and acceptance.idempotency_key:
                await self._idempotency.check(job_id, request)
            return self.follow(job_id, error_prefix="" if request.is_internal else EXTERNAL_PREFIX)
        prediction = QueuedPrediction(job_id, buffer, self._lifecycle, self._payloads)
        loop = asyncio.get_running_loop()
        self._accepted[job_id] = loop.time()
        timer = loop.call_later(self._wait_seconds, self._give_up, job_id)
        buffer.ended.add_done_callback(lambda _: self._over(job_id, timer))
        return prediction

    def follow(self, job_id: str, *, after: Place | None = None, error_prefix: str = "") -> FollowedPrediction:
        """A job that was accepted before, by whatever main. Raises nothing: what it gives does."""
        return FollowedPrediction(
            self._pipeline,
            self._keys,
            self._lifecycle,
            job_id,
            after=after,
            wait_seconds=self._wait_seconds,
            error_prefix=error_prefix,
            payloads=self._payloads,
        )

    async def job(self, job_id: str) -> JobStatus:
        """What has become of a job. Raises JobNotFound, RedisUnavailable."""
        return await load_status(self._pipeline, self._keys, job_id, self._payloads)

    async def stop_job(self, job_id: str) -> None:
        await self._lifecycle.stop(job_id)

    async def stop(self, flow_id: str, chat_id: str) -> int:
        """Stop every run of this chat, waiting or running, on whatever worker; gives how many there were."""
        return await self._lifecycle.stop_chat(flow_id, chat_id)

    async def _enqueue(self, job: NewJob) -> bool:
        """False when there is such a job already.

        Redis may be between two connections: try until the time is up; the job's id makes that safe.
        """
        failure = RedisUnavailable("Redis did not take the job in time: is it frozen? `flowisectl status` tells")
        is_repeated = False
        try:
            async with asyncio.timeout(SUBMIT_SECONDS):
                while True:
                    try:
                        return await self._lifecycle.enqueue(job) or is_repeated
                    except RedisUnavailable as error:
                        failure = error
                        is_repeated = True  # it may have been done before the failure
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            self._lifecycle.entrance.is_shut(failure)
            raise failure from error

    async def _withdraw(self, job_id: str) -> None:
        for _ in range(20):
            with contextlib.suppress(RedisUnavailable, JobNotFound):
                await self._lifecycle.stop(job_id)
                return
            # Also an unknown job may still come: what a frozen Redis was sent, it does when it wakes.
            await asyncio.sleep(1.0)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _over(self, job_id: str, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._accepted.pop(job_id, None)
        self._seen_ended.discard(job_id)
        self._subscriber.forget(job_id)

    def _give_up(self, job_id: str) -> None:
        if (buffer := self._subscriber.waiting.get(job_id)) is not None:
            late = f"job {job_id} has not ended within {self._wait_seconds:g} s (QUEUE_WAIT_TIMEOUT); it goes on: `flowisectl jobs inspect`"
            buffer.fail(DeadlinePassed(late))

    # ---- jobs whose notice was lost

    def _reconcile_soon(self) -> None:
        self._spawn(self._reconcile_quietly(is_sure=True))

    async def reconcile_for_ever(self) -> None:
        """Ask now and then what has become of the jobs that are waited for."""
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            await self._reconcile_quietly(is_sure=False)

    async def _reconcile_quietly(self, *, is_sure: bool) -> None:
        try:
            await self.reconcile(is_sure=is_sure)
        except RedisUnavailable as error:
            log.debug("jobs could not be looked after: %s", error)
        except Exception:
            log.exception("jobs could not be looked after")

    async def reconcile(self, *, is_sure: bool) -> None:
        """End waits for jobs that have ended without this process's having heard. Raises RedisUnavailable.

        Unless it `is_sure` that notices were lost, a job must be found ended twice: the notice may be on its way.
        """
        since = asyncio.get_running_loop().time() - (0.0 if is_sure else RECONCILE_SECONDS)
        ids = [job_id for job_id, accepted in self._accepted.items() if accepted < since]
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            for job_id, known in zip(some, await self._lifecycle.ends(some), strict=True):
                buffer = self._subscriber.waiting.get(job_id)
                if known.is_live or buffer is None:
                    continue
                if not is_sure and job_id not in self._seen_ended:
                    self._seen_ended.add(job_id)
                elif known.state:
                    result = await self._lifecycle.result(job_id)
                    self._subscriber.end(JobEnd(job_id, known.run, known.state, known.events, result, known.error))
                else:
                    buffer.fail(RedisUnavailable(f"job {job_id} is no longer in Redis: it has lost its data; ask again"))


def _to_bytes(request: PredictionRequest) -> bytes:
    """The request's JSON, with the forms that this main reads; what orjson refuses in a body (lone surrogates, huge integers) goes the
    long way."""
    members = {**request.to_json(), "reads": FORM}
    try:
        return orjson.dumps(members)
    except TypeError:
        return to_json(members)


def _closing_event(request: PredictionRequest, end: JobEnd) -> bytes | None:
    """The `error` event of a job that no worker could end: it was stopped while it waited, or its workers were lost."""
    if not request.wants_stream or end.result:
        return None
    return error_event(end.error if request.is_internal else EXTERNAL_PREFIX + end.error)


@asynccontextmanager
async def open_submitter(
    redis: Redis, settings: QueueSettings, database: Database | None = None, seal: Seal = _no_seal
) -> AsyncIterator[QueueSubmitter]:
    """A submitter that hears of its jobs' ends before it accepts the first; `database` keeps what is too large for Redis,
    `seal` closes callbacks.

    Raises RedisUnavailable.
    """
    pipeline = Pipeline(redis)
    keys = QueueKeys(settings.name, "prediction")
    lifecycle = Lifecycle(pipeline, keys, settings)
    async with open_subscriber(redis, pipeline, prefix=settings.name, max_entries=settings.event_stream_max_len) as subscriber:
        payloads = Payloads(database, pipeline, keys, settings) if database is not None else None
        submitter = QueueSubmitter(pipeline, keys, lifecycle, subscriber, settings, payloads, seal)
        tasks = [
            asyncio.create_task(submitter.reconcile_for_ever(), name="reconcile"),
            asyncio.create_task(lifecycle.reap_for_ever(), name="reaper"),
        ]
        if payloads is not None:
            tasks.append(asyncio.create_task(payloads.sweep_for_ever(), name="payload-sweeper"))
        try:
            yield submitter
        finally:
            tasks += submitter.background
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
    await pipeline.aclose()
