"""Predictions in the server's own process, for MODE=main: no Redis, no worker."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator

from flowisectl.engine.context import Trace
from flowisectl.engine.events import FlowEvent
from flowisectl.errors import DeadlinePassed, QueueFull, RunStopped
from flowisectl.events.wire import encode_event
from flowisectl.observability.logging import VERBOSE
from flowisectl.observability.run_ids import set_run_ids
from flowisectl.observability.telemetry import Telemetry
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.runner import PredictionRunner
from flowisectl.predictions.spoken import Spoken
from flowisectl.predictions.submission import PLAIN, Acceptance, Submission

_LEVELS = {"done": VERBOSE, "aborted": logging.INFO}

log = logging.getLogger(__name__)


class LocalSubmitter:
    """`predictions.submission.Submitter` that starts a task for each prediction.

    A run goes on when its client leaves, as in queue mode. `close` cancels what still runs.
    """

    def __init__(self, runner: PredictionRunner, *, job_timeout_seconds: float, telemetry: Telemetry | None = None) -> None:
        self._runner = runner
        self._timeout = job_timeout_seconds
        self._telemetry = telemetry
        self._runs: dict[tuple[str, str], set[_LocalRun]] = defaultdict(set)

    async def submit(self, request: PredictionRequest, acceptance: Acceptance = PLAIN) -> Submission:
        """Start it. There are no jobs here that another request could come back to, so of the acceptance only the limit counts."""
        if acceptance.max_of_flow and self._live(request.flow_id) >= acceptance.max_of_flow:
            raise QueueFull(f"{acceptance.max_of_flow:,} requests to this flow are being answered: try again in a moment")
        run = _LocalRun(self._runner, request, self._timeout, self._telemetry)
        key = (request.flow_id, request.chat_id)
        self._runs[key].add(run)
        run.task.add_done_callback(lambda _: self._ended(key, run))
        return run

    async def stop(self, flow_id: str, chat_id: str) -> int:
        runs = [run for run in self._runs.get((flow_id, chat_id), ()) if run.stop()]
        return len(runs)

    async def stop_job(self, job_id: str) -> None:
        for run in [run for runs in self._runs.values() for run in runs if run.job_id == job_id]:
            run.stop()

    def _live(self, flow_id: str) -> int:
        return sum(len(runs) for (flow, _), runs in self._runs.items() if flow == flow_id)

    async def close(self) -> None:
        tasks = [run.task for runs in self._runs.values() for run in runs]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, key: tuple[str, str], run: _LocalRun) -> None:
        runs = self._runs[key]
        runs.discard(run)
        if not runs:
            del self._runs[key]


class _LocalRun:
    """One run: the task, its buffered events, its end. Also the run's event sink and its (empty) trace."""

    def __init__(self, runner: PredictionRunner, request: PredictionRequest, timeout_seconds: float, telemetry: Telemetry | None) -> None:
        self.job_id = str(uuid.uuid4())
        self._runner = runner
        self._request = request
        self._timeout = timeout_seconds
        self._telemetry = telemetry
        self._waiting: list[bytes] = []
        self._wake = asyncio.Event()
        self._stopping = False
        self._spoken = Spoken(self)
        self._labels: dict[str, str] = {}
        self._failed_node = ""
        self.task = asyncio.create_task(self._run())
        self.task.add_done_callback(lambda _: self._wake.set())

    def emit(self, event: FlowEvent) -> None:
        if self._request.wants_stream:
            self._waiting.append(encode_event(event))
            self._wake.set()

    def node_started(self, node_id: str, node_name: str, label: str) -> None:
        self._labels[node_id] = label

    def node_ended(self, node_id: str, status: str, error: str = "") -> None:
        if status == "ERROR" and not self._failed_node:
            self._failed_node = f" in node {node_id} ({self._labels.get(node_id, node_id)})"

    def note(self, text: str) -> None:
        return None

    def stop(self) -> bool:
        """Ask the run to end; False when it has ended already."""
        if self.task.done():
            return False
        self._stopping = True
        # The argument tells the engine, as a worker does, that the run is to end with what it has.
        return self.task.cancel("aborted")

    async def events(self) -> AsyncIterator[list[bytes]]:
        while True:
            if self._waiting:
                batch, self._waiting = self._waiting, []
                yield batch
            elif self.task.done():
                return
            else:
                self._wake.clear()
                await self._wake.wait()

    async def numbered(self) -> AsyncIterator[list[tuple[str, bytes]]]:
        """There is nothing here that a client could come back to, so events have no ids."""
        async for batch in self.events():
            yield [("", event) for event in batch]

    async def result(self) -> PredictionResult:
        await asyncio.wait([self.task])
        if self.task.cancelled():
            # stopped before its first step, or the server ends
            return await self._runner.stopped(self._request, self, RunStopped())
        return self.task.result()

    async def _run(self) -> PredictionResult:
        set_run_ids(job=self.job_id, flow=self._request.flow_id, chat=self._request.chat_id)
        began = asyncio.get_running_loop().time()
        result = await self._run_in_span()
        self._log_end(result, asyncio.get_running_loop().time() - began)
        return result

    def _log_end(self, result: PredictionResult, took: float) -> None:
        """A line as a worker writes it: what was said is no part of it."""
        state = _state_of(result)
        if state == "failed":
            log.warning("run %s failed after %.2f s: %s%s", self.job_id, took, result.error_kind, self._failed_node)
        else:
            log.log(_LEVELS[state], "run %s: %s after %.2f s", self.job_id, state, took)

    async def _run_in_span(self) -> PredictionResult:
        request = self._request
        if self._telemetry is None:
            return await self._run_traced(self)
        with self._telemetry.job(
            "prediction",
            self.job_id,
            traceparent=request.traceparent,
            flow_id=request.flow_id,
            chat_id=request.chat_id,
            run=1,
            accepted_ms=request.accepted_ms,
            worker_id="",
        ) as span:
            result = await self._run_traced(_Both(self, span))
            span.ended(_state_of(result), result.error_kind)
            return result

    async def _run_traced(self, trace: Trace) -> PredictionResult:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._runner.run(self._request, self._spoken, trace)
        except TimeoutError:
            late = DeadlinePassed(f"the run took longer than {self._timeout:g} s (JOB_TIMEOUT)")
            return await self._runner.stopped(self._request, self, late, self._spoken.text)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            return await self._runner.stopped(self._request, self, RunStopped(), self._spoken.text)


class _Both:
    """A run's own trace, from which its log line names the node that failed, and its span."""

    def __init__(self, own: Trace, span: Trace) -> None:
        self._own = own
        self._span = span

    def node_started(self, node_id: str, node_name: str, label: str) -> None:
        self._own.node_started(node_id, node_name, label)
        self._span.node_started(node_id, node_name, label)

    def node_ended(self, node_id: str, status: str, error: str = "") -> None:
        self._own.node_ended(node_id, status, error)
        self._span.node_ended(node_id, status, error)

    def note(self, text: str) -> None:
        self._span.note(text)


def _state_of(result: PredictionResult) -> str:
    """The state that a job with this result would have."""
    return "done" if result.is_ok else "aborted" if result.error_kind == RunStopped.__name__ else "failed"
