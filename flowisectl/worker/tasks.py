"""The functions that the worker calls; each one unpacks, calls a runner, packs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from flowisectl.documents.request import UpsertRequest, UpsertResult
from flowisectl.engine.context import Trace
from flowisectl.engine.events import EventSink
from flowisectl.errors import DeadlinePassed, FlowisectlError, RunStopped
from flowisectl.events.wire import from_json
from flowisectl.observability.run_ids import set_run_ids
from flowisectl.predictions.large import keep_event, light_result, whole_request
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.spoken import Spoken
from flowisectl.queue.claims import Outcome
from flowisectl.queue.packed import PACKED
from flowisectl.runs.attempt import Attempt, AttemptLost
from flowisectl.runs.large_bodies import put_answer, whole_body
from flowisectl.runs.payloads import LARGE_BYTES, PayloadLost, Payloads
from flowisectl.worker.attempt import WorkerAttempt
from flowisectl.worker.running import RunningJob, StopReason


class Runner(Protocol):
    """What runs a prediction; `predictions.runner.PredictionRunner` is one."""

    async def run(self, request: PredictionRequest, events: EventSink, trace: Trace, attempt: Attempt) -> PredictionResult:
        """Run to the end; a failure of the flow is a result. Raises CancelledError when it was stopped, AttemptLost."""
        ...

    async def stopped(
        self, request: PredictionRequest, events: EventSink, error: FlowisectlError, said: str, attempt: Attempt
    ) -> PredictionResult:
        """What a run answers that was stopped or took too long, with its last event; `said` is what it told by tokens."""
        ...


async def predict(context: dict[str, Any]) -> Outcome:
    """Run one prediction. `context` has `running`, `runner`, `job_timeout_seconds`, and perhaps `payloads`.

    Raises CancelledError when the run was stopped for a reason that leaves no outcome.
    """
    running: RunningJob = context["running"]
    runner: Runner = context["runner"]
    limit: float = context["job_timeout_seconds"]
    payloads: Payloads | None = context.get("payloads")
    request = PredictionRequest.from_json(from_json(running.job.request))
    running.accepted_ms = request.accepted_ms
    set_run_ids(flow=request.flow_id, chat=request.chat_id)
    sink = running.open_sink(wants_stream=request.wants_stream)
    if payloads is not None and request.wants_stream and request.reads >= PACKED:
        sink.keep = partial(keep_event, payloads, running.job.id, running.job.run)
    events = Spoken(sink) if request.wants_stream else sink
    attempt = WorkerAttempt(running, request.message_id)
    try:
        async with asyncio.timeout(limit) as deadline:
            request = await whole_request(request, running.job.id, payloads)
            result = await runner.run(request, events, running.trace, attempt)
    except PayloadLost as error:
        result = await runner.stopped(request, sink, error, "", attempt)
    except TimeoutError:
        if not deadline.expired():
            raise
        late = DeadlinePassed(f"the run took longer than {limit:g} s (JOB_TIMEOUT)")
        result = await runner.stopped(request, sink, late, _said(events), attempt)
    except AttemptLost:
        raise
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or running.stop_reason is not StopReason.ABORTED:
            raise
        task.uncancel()
        result = await runner.stopped(request, sink, RunStopped(), _said(events), attempt)
    return to_outcome(await _light(result, running, payloads), request.reads)


async def _light(result: PredictionResult, running: RunningJob, payloads: Payloads | None) -> PredictionResult:
    """The result as it goes to Redis. Who asks now that the run be stopped comes too late."""
    try:
        return await light_result(result, running.job.id, running.job.run, payloads)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or running.stop_reason is not StopReason.ABORTED:
            raise
        task.uncancel()
        return await light_result(result, running.job.id, running.job.run, payloads)


def _said(events: EventSink) -> str:
    return events.text if isinstance(events, Spoken) else ""


class Upserts(Protocol):
    """What does the jobs of the lane `upsert`; `documents.runner.UpsertRunner` is one."""

    async def run(self, request: UpsertRequest, trace: Trace, attempt: Attempt) -> UpsertResult:
        """Run to the end; a failure is a result. Raises CancelledError when it was stopped, AttemptLost."""
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
            if request.body_digest:
                body = await whole_body(context.get("payloads"), running.job.id, request.body_digest)
                request = replace(request, body=body, body_digest="")
            result = await runner.run(request, running.trace, WorkerAttempt(running, request.upsert_id))
    except PayloadLost as error:
        result = runner.stopped(error)
    except TimeoutError:
        if not deadline.expired():
            raise
        result = runner.stopped(DeadlinePassed(f"the upsert took longer than {limit:g} s (JOB_TIMEOUT)"))
    except AttemptLost:
        raise
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or running.stop_reason is not StopReason.ABORTED:
            raise
        task.uncancel()
        result = runner.stopped(RunStopped())
    payloads: Payloads | None = context.get("payloads")
    if payloads is not None and request.reads >= PACKED and len(result.body) >= LARGE_BYTES:
        result = replace(result, body=b"", stored_as=await put_answer(payloads, running.job.id, running.job.run, result.body))
    return to_outcome(result, request.reads)


def to_outcome(result: PredictionResult | UpsertResult, reads: int) -> Outcome:
    """`done`, `aborted` when the run was stopped, else `failed`: a flow's own failure is final. `reads` is what the request says."""
    if result.is_ok:
        return Outcome("done", "", result.to_bytes(reads))
    state = "aborted" if result.error_kind == RunStopped.__name__ else "failed"
    # An error may quote anything, half characters included, which neither JSON nor Redis takes.
    error = result.error.encode("utf-8", "backslashreplace").decode()
    return Outcome(state, error, replace(result, error=error).to_bytes(reads))
