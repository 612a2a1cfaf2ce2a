"""The functions that the worker calls; each one unpacks, calls a runner, packs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Protocol

from flowisectl.documents.request import UpsertRequest, UpsertResult
from flowisectl.engine.context import Trace
from flowisectl.engine.events import EventSink
from flowisectl.errors import DeadlinePassed, FlowisectlError, RunStopped
from flowisectl.events.wire import from_json
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.queue.claims import Outcome
from flowisectl.worker.running import RunningJob, StopReason


class Runner(Protocol):
    """What runs a prediction; `predictions.runner.PredictionRunner` is one."""

    async def run(self, request: PredictionRequest, events: EventSink, trace: Trace) -> PredictionResult:
        """Run to the end; a failure of the flow is a result. Raises CancelledError when it was stopped."""
        ...

    def stopped(self, request: PredictionRequest, events: EventSink, error: FlowisectlError) -> PredictionResult:
        """What a run answers that was stopped or took too long, with its last event."""
        ...


async def predict(context: dict[str, Any]) -> Outcome:
    """Run one prediction. `context` has `running`, `runner` and `job_timeout_seconds`.

    Raises CancelledError when the run was stopped for a reason that leaves no outcome.
    """
    running: RunningJob = context["running"]
    runner: Runner = context["runner"]
    limit: float = context["job_timeout_seconds"]
    request = PredictionRequest.from_json(from_json(running.job.request))
    sink = running.open_sink(wants_stream=request.wants_stream)
    try:
        async with asyncio.timeout(limit) as deadline:
            result = await runner.run(request, sink, running.trace)
    except TimeoutError:
        if not deadline.expired():
            raise
        result = runner.stopped(request, sink, DeadlinePassed(f"the run took longer than {limit:g} s (JOB_TIMEOUT)"))
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or running.stop_reason is not StopReason.ABORTED:
            raise
        task.uncancel()
        result = runner.stopped(request, sink, RunStopped())
    return to_outcome(result)


class Upserts(Protocol):
    """What does the jobs of the lane `upsert`; `documents.runner.UpsertRunner` is one."""

    async def run(self, request: UpsertRequest, trace: Trace) -> UpsertResult:
        """Run to the end; a failure is a result. Raises CancelledError when it was stopped."""
        ...

    def stopped(self, error: FlowisectlError) -> UpsertResult:
        """What a job answers that was stopped or took too long."""
        ...


async def upsert(context: dict[str, Any]) -> Outcome:
    """Do one job of the lane `upsert`; nobody listens to its events. The context is that of `predict`.

    Raises CancelledError when it was stopped for a reason that leaves no outcome.
    """
    running: RunningJob = context["running"]
    runner: Upserts = context["runner"]
    limit: float = context["job_timeout_seconds"]
    request = UpsertRequest.from_json(from_json(running.job.request))
    try:
        async with asyncio.timeout(limit) as deadline:
            result = await runner.run(request, running.trace)
    except TimeoutError:
        if not deadline.expired():
            raise
        result = runner.stopped(DeadlinePassed(f"the upsert took longer than {limit:g} s (JOB_TIMEOUT)"))
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or running.stop_reason is not StopReason.ABORTED:
            raise
        task.uncancel()
        result = runner.stopped(RunStopped())
    return to_outcome(result)


def to_outcome(result: PredictionResult | UpsertResult) -> Outcome:
    """`done`, `aborted` when the run was stopped, else `failed`: a flow's own failure is final."""
    if result.is_ok:
        return Outcome("done", "", result.to_bytes())
    state = "aborted" if result.error_kind == RunStopped.__name__ else "failed"
    # An error may quote anything, half characters included, which neither JSON nor Redis takes.
    error = result.error.encode("utf-8", "backslashreplace").decode()
    return Outcome(state, error, replace(result, error=error).to_bytes())
