"""Upserts in the server's own process, for MODE=main: no Redis, no worker."""

from __future__ import annotations

import asyncio
import uuid

from flowisectl.documents.request import UpsertRequest, UpsertResult
from flowisectl.documents.runner import UpsertRunner
from flowisectl.engine.context import Trace
from flowisectl.errors import DeadlinePassed, RunStopped
from flowisectl.observability.telemetry import Telemetry


class LocalUpserts:
    """`documents.submission.UpsertSubmitter` that starts a task for each upsert.

    An upsert goes on when its client leaves, as in queue mode. `close` cancels what still runs.
    """

    def __init__(self, runner: UpsertRunner, *, job_timeout_seconds: float, telemetry: Telemetry | None = None) -> None:
        self._runner = runner
        self._timeout = job_timeout_seconds
        self._telemetry = telemetry
        self._tasks: set[asyncio.Task[UpsertResult]] = set()

    async def submit(self, request: UpsertRequest) -> LocalUpsert:
        job_id = str(uuid.uuid4())
        task = asyncio.create_task(self._run(request, job_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return LocalUpsert(task, self._runner, job_id)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, request: UpsertRequest, job_id: str) -> UpsertResult:
        if self._telemetry is None:
            return await self._run_traced(request, _Untraced())
        with self._telemetry.job(
            "upsert",
            job_id,
            traceparent=request.traceparent,
            flow_id=request.target_id,
            chat_id=request.chat_id,
            run=1,
            accepted_ms=0,
            worker_id="",
        ) as span:
            result = await self._run_traced(request, span)
            span.ended("done" if result.is_ok else "failed", result.error_kind)
            return result

    async def _run_traced(self, request: UpsertRequest, trace: Trace) -> UpsertResult:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._runner.run(request, trace)
        except TimeoutError:
            return self._runner.stopped(DeadlinePassed(f"the upsert took longer than {self._timeout:g} s (JOB_TIMEOUT)"))


class LocalUpsert:
    """`documents.submission.UpsertSubmission` of a task."""

    def __init__(self, task: asyncio.Task[UpsertResult], runner: UpsertRunner, job_id: str) -> None:
        self.job_id = job_id
        self._task = task
        self._runner = runner

    async def result(self) -> UpsertResult:
        await asyncio.wait([self._task])
        if self._task.cancelled():
            return self._runner.stopped(RunStopped())
        return self._task.result()


class _Untraced:
    """Nobody inspects jobs of MODE=main."""

    def node_started(self, node_id: str, node_name: str, label: str) -> None:
        return None

    def node_ended(self, node_id: str, status: str, error: str = "") -> None:
        return None

    def note(self, text: str) -> None:
        return None
