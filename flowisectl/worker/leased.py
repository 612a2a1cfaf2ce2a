"""SAQ's worker with another way to its jobs: one dispatcher, one lease for all, ends that only the holder may write."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError
from saq.worker import Worker

from flowisectl.errors import RedisUnavailable
from flowisectl.events.publisher import Publisher
from flowisectl.observability.run_ids import set_run_ids
from flowisectl.queue.claims import ClaimedJob, LeaseLost, Outcome, WorkerClaims
from flowisectl.queue.lifecycle import LEASE_MS
from flowisectl.queue.queue import JobQueue
from flowisectl.redis_connection import to_unavailable, where_is
from flowisectl.worker.about import about
from flowisectl.worker.control import ControlChannel
from flowisectl.worker.doorbell import Doorbell
from flowisectl.worker.health import HealthReport
from flowisectl.worker.lease import Lease
from flowisectl.worker.running import RunningJob, StopReason

TRACE_SECONDS = 0.4
CLAIM_BATCH = 64
HARD_DEADLINE_SECONDS = 2.0
"""How long a cancelled run may take to end, once the grace is over."""

log = logging.getLogger(__name__)


class LeasedWorker(Worker[Any]):
    """Start it with `start()`, which returns after SIGTERM, SIGINT or `event.set()` and an orderly end.

    `functions` has one function; it is given a context with `running` (RunningJob) and gives an Outcome.
    """

    def __init__(
        self,
        queue: JobQueue,
        function: Callable[[Any], Any],
        *,
        concurrency: int,
        grace_seconds: float,
        version: str,
        health_port: int = 0,
        context: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(queue, [function], concurrency=concurrency)
        self.jobs = queue
        self.context.update(context or {})
        self.health_port = health_port
        self._function = function
        self._grace_seconds = grace_seconds
        self.version = version
        self.lease = Lease(queue, about=lambda: about(self), on_lost=self._drop_runs, on_stop=self.stop_job)
        self._publisher = Publisher(queue.pipeline, leases_key=queue.keys["leases"], max_entries=queue.settings.event_stream_max_len)
        self._doorbell = Doorbell(queue.redis, queue.pipeline, queue.keys)
        self._control = ControlChannel(queue.redis, queue.keys["control"], self.stop_job)
        self._running: dict[str, RunningJob] = {}
        self.on_end: Callable[[str, RunningJob, Outcome], None] | None = None
        """Told of every job that ended here, with its queue."""
        self._slot = asyncio.Event()
        self.started_ms = int(time.time() * 1000)
        self.finished = 0

    @property
    def busy(self) -> int:
        return len(self._running)

    def health(self) -> HealthReport:
        """Whether this worker takes jobs now, and if not, why."""
        silent, trouble = self.lease.silent_seconds, self.lease.trouble
        if self.event.is_set():
            return HealthReport(is_ok=False, reason="the worker is stopping and takes nothing new")
        if silent > LEASE_MS / 1000:
            return HealthReport(is_ok=False, reason=trouble or f"no beat for {silent:.0f} s")
        if not self._doorbell.is_listening and self.busy < self.concurrency:
            return HealthReport(is_ok=False, reason=trouble or "the worker does not listen to the queue")
        return HealthReport(is_ok=True, reason="")

    async def upkeep(self) -> list[asyncio.Task[None]]:
        """Take the lease, then start what runs for as long as the worker does. Raises RedisUnavailable."""
        await self.lease.take()
        self._dispatcher = asyncio.create_task(self._dispatch(), name="dispatcher")
        self._keeping = [
            asyncio.create_task(self.lease.keep(), name="beat"),
            asyncio.create_task(self._trace_for_ever(), name="trace"),
            asyncio.create_task(self._control.run(), name="control"),
            asyncio.create_task(self.jobs.lifecycle.reap_for_ever(), name="reaper"),
        ]
        return []

    def _process(self, previous_task: asyncio.Task[Any] | None = None) -> None:
        """SAQ would start a taker for each slot here; the dispatcher takes for all."""

    async def stop(self) -> None:
        """Take nothing new, let runs finish within the grace, hand the rest back, give up the lease."""
        self.event.set()
        async with self._stop_lock:
            if self._stopped:
                return
            self._stopped = self.lease.is_given_up = True
            if not hasattr(self, "_dispatcher"):
                return
            self._hurry_on_second_signal()
            self._slot.set()
            await self._doorbell.close()
            await asyncio.wait([self._dispatcher])
            await self._wait_for_runs(self._grace_seconds)
            for running in list(self._running.values()):
                running.stop(StopReason.HANDED_BACK)
            await self._wait_for_runs(HARD_DEADLINE_SECONDS)
            await self._give_up()

    async def _wait_for_runs(self, seconds: float) -> None:
        tasks = [running.task for running in self._running.values() if running.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    async def _give_up(self) -> None:
        if self._running:
            log.error("%d runs do not end; their jobs are handed back all the same", len(self._running))
        await self.lease.give_up()
        for task in self._keeping:
            task.cancel()
        await asyncio.wait(self._keeping)
        await self._publisher.aclose()
        await self.jobs.disconnect()
        self.pool.shutdown(wait=False, cancel_futures=True)

    def hurry(self) -> None:
        """End without the grace: hand back what still runs."""
        self._grace_seconds = 0
        for running in list(self._running.values()):
            running.stop(StopReason.HANDED_BACK)

    def _hurry_on_second_signal(self) -> None:
        loop = asyncio.get_running_loop()
        for signum in self.SIGNALS:
            loop.add_signal_handler(signum, self.hurry)

    # ---- taking jobs

    async def _dispatch(self) -> None:
        pause = 0.0
        while not self.event.is_set():
            self._slot.clear()
            free = self.concurrency - len(self._running)
            if free <= 0:
                await self._slot.wait()
                continue
            claims = self.lease.claims
            try:
                jobs = await claims.claim(min(free, CLAIM_BATCH), self._running)
                if not jobs:
                    await self._doorbell.wait(claims.worker_id)
                pause = 0.0
            except LeaseLost:
                await self.lease.renew(claims)
                continue
            except (RedisUnavailable, RedisError, OSError, TimeoutError) as error:
                pause = min(pause * 2 + 0.05, 1.0)
                self.lease.trouble = str(to_unavailable(error, where_is(self.jobs.redis)))
                log.debug("no jobs can be taken: %s", self.lease.trouble)
                await asyncio.sleep(pause)
                continue
            except Exception as error:  # a fault of ours, or a Redis that refuses a command: never the end of taking jobs
                log.exception("no jobs can be taken")
                self._doorbell.is_listening = False
                self.lease.trouble = f"{type(error).__name__}: {error}"
                await asyncio.sleep(1.0)
                continue
            if not claims.is_lost:
                for job in jobs:
                    self._begin(job, claims)

    def _begin(self, job: ClaimedJob, claims: WorkerClaims) -> None:
        running = RunningJob(job, claims, self._publisher)
        self._running[job.id] = running
        running.task = asyncio.create_task(self._run(running), name=f"job-{job.id}")

    async def _run(self, running: RunningJob) -> None:
        job = running.job
        set_run_ids(job=job.id, worker=running.claims.worker_id)
        try:
            outcome = await self._outcome(running)
            if running.sink is not None:
                await running.sink.drained()
            events = running.sink.count if running.sink is not None else 0
            if await running.claims.finish(job, outcome, events=events, trace=running.trace.to_bytes()):
                self.finished += 1
                if self.on_end is not None:
                    self.on_end(self.jobs.keys.queue, running, outcome)
            else:
                log.warning("job %s was given to another worker meanwhile: this run's end was not kept", job.id)
        except asyncio.CancelledError:
            log.info("job %s: run %d ends without an outcome (%s)", job.id, job.run, running.stop_reason or "cancelled")
        finally:
            if self._running.get(job.id) is running:
                del self._running[job.id]
            self._slot.set()

    async def _outcome(self, running: RunningJob) -> Outcome:
        running.begin()
        try:
            outcome: Outcome = await self._function({**self.context, "running": running})
        except Exception as error:
            log.exception("job %s: the worker itself failed", running.job.id)
            outcome = Outcome("failed", f"{type(error).__name__}: {error}")
        running.is_ending = True
        if running.stop_reason is not None:
            # A run that never waited has not met its cancellation yet; its outcome shall not.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        return outcome

    def stop_job(self, job_id: str) -> None:
        """Stop a run because somebody asked for it; unknown ids are another worker's."""
        if (running := self._running.get(job_id)) is not None:
            running.stop(StopReason.ABORTED)

    def _drop_runs(self) -> None:
        log.warning("the lease was lost: %d runs are dropped, others have their jobs", len(self._running))
        for running in list(self._running.values()):
            running.stop(StopReason.LEASE_LOST)

    async def _trace_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TRACE_SECONDS)
            claims, since = self.lease.claims, loop.time() - TRACE_SECONDS
            news = [
                (running.job, running.trace.to_bytes())
                for running in self._running.values()
                if running.trace.has_news and running.started < since and running.claims is claims
            ]
            try:
                for start in range(0, len(news), 500):
                    await claims.note(news[start : start + 500])
            except RedisUnavailable as error:
                log.debug("traces could not be kept: %s", error)
            except Exception:
                log.exception("traces could not be kept")
