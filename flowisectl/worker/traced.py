"""Jobs as spans: continues the trace that came with a job, and tells it of every node that the job's own trace hears of."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from flowisectl.events.wire import from_json
from flowisectl.interfaces.model_call import MODEL_CALLS
from flowisectl.observability.run_ids import set_run_ids
from flowisectl.observability.telemetry import JobSpan, Telemetry
from flowisectl.queue.claims import Outcome
from flowisectl.worker.end_log import error_kind
from flowisectl.worker.running import RunningJob
from flowisectl.worker.trace import MAX_NODES, JobTrace

Task = Callable[[dict[str, Any]], Awaitable[Outcome]]


def traced(task: Task, telemetry: Telemetry | None, queue: str) -> Task:
    """The task, with a span around each run; the task itself when no traces are sent."""
    if telemetry is None:
        return task

    @functools.wraps(task)
    async def run(context: dict[str, Any]) -> Outcome:
        running: RunningJob = context["running"]
        request = _request_of(running.job.request)
        with telemetry.job(
            queue,
            running.job.id,
            traceparent=_text(request, "traceparent"),
            flow_id=_text(request, "flow_id") or _text(request, "target_id"),
            chat_id=_text(request, "chat_id"),
            run=running.job.run,
            accepted_ms=request.get("accepted_ms") or 0,
            worker_id=running.claims.worker_id,
        ) as span:
            set_run_ids(trace=span.trace_id)
            running.trace = SpanTrace(span)
            outcome = await task(context)
            span.ended(outcome.state, error_kind(outcome))
            return outcome

    return run


class SpanTrace(JobTrace):
    """A job's trace whose nodes are spans, too."""

    def __init__(self, span: JobSpan) -> None:
        super().__init__()
        self._span = span
        self._told = 0

    def node_started(self, node_id: str, node_name: str, label: str) -> None:
        super().node_started(node_id, node_name, label)
        self._told += 1
        # Beyond its limit the job's trace has no line for the node, and what listens is a former node's.
        self._span.node_started(node_id, node_name, label, MODEL_CALLS.get() if self._told <= MAX_NODES else None)

    def node_ended(self, node_id: str, status: str, error: str = "") -> None:
        super().node_ended(node_id, status, error)
        self._span.node_ended(node_id, status)


def _request_of(data: bytes) -> Mapping[str, Any]:
    request = from_json(data)
    return request if isinstance(request, Mapping) else {}


def _text(request: Mapping[str, Any], name: str) -> str:
    value = request.get(name)
    return value if isinstance(value, str) else ""
