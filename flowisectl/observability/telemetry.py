"""Traces: what a request, a job, its nodes and its model calls took, told to a collector by OpenTelemetry.

Off, and without any cost, unless the environment names a collector (OTEL_EXPORTER_OTLP_ENDPOINT). A span tells names, ids, counts
and times; what is asked and answered, texts of errors and secrets are no part of it.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from config.settings import TelemetrySettings
from flowisectl.interfaces.model_call import CallListener

INSTALL = "pip install 'flowisectl[telemetry]'"
SPOKEN = "http/protobuf"
_PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")

log = logging.getLogger(__name__)


class RequestSpan(Protocol):
    """One HTTP request."""

    traceparent: str
    """What carries the trace on: the `traceparent` header of W3C Trace Context."""
    trace_id: str

    def answered(self, status: int) -> None:
        """The answer has begun."""
        ...

    def ended(self, route: str, job_id: str) -> None:
        """The answer is complete. `route` has no ids in it; `job_id` is empty when there was no job."""
        ...


class JobSpan(Protocol):
    """One run of a job; also an `engine.context.Trace`."""

    trace_id: str

    def node_started(self, node_id: str, node_name: str, label: str, listener: CallListener | None = None) -> None:
        """`listener` hears of the node's model calls as well."""
        ...

    def node_ended(self, node_id: str, status: str, error: str = "") -> None: ...

    def note(self, text: str) -> None: ...

    def ended(self, outcome: str, error_kind: str) -> None:
        """`outcome` is the job's last state; `error_kind` a class of errors, never a text."""
        ...


class Telemetry(Protocol):
    """Makes spans; each ends with its block."""

    def request(self, method: str, route: str, *, traceparent: str, tracestate: str) -> AbstractContextManager[RequestSpan]:
        """`route` is what can be said at once; `traceparent` and `tracestate` are the request's own headers, empty or odd ones included."""
        ...

    def job(
        self, queue: str, job_id: str, *, traceparent: str, flow_id: str, chat_id: str, run: int, accepted_ms: int, worker_id: str
    ) -> AbstractContextManager[JobSpan]: ...


@contextmanager
def open_telemetry(settings: TelemetrySettings, role: str, environment: Mapping[str, str]) -> Iterator[Telemetry | None]:
    """What makes spans for this process, `None` when there is no collector to send them to; what is left is sent at the end.

    `environment` are the variables in force: OpenTelemetry's library reads its own ones from the process, so those of files are
    put there. Never raises for what is missing or odd: it is logged, and the process works without traces.
    """
    if not _is_wanted(settings):
        yield None
        return
    for name, value in environment.items():
        if name.startswith("OTEL_") and not os.environ.get(name):
            os.environ[name] = value
    from flowisectl.observability.span_export import open_provider
    from flowisectl.observability.spans import SpanTelemetry

    with open_provider(settings, role) as provider:
        yield SpanTelemetry(provider)


def _is_wanted(settings: TelemetrySettings) -> bool:
    endpoint = settings.traces_endpoint or settings.endpoint
    if not endpoint or settings.is_disabled or settings.exporter == "none":
        return False
    if not has_packages():
        log.warning("a collector of traces is set (OTEL_EXPORTER_OTLP_ENDPOINT), but nothing here sends any: %s", INSTALL)
        return False
    if settings.exporter != "otlp":
        log.warning("OTEL_TRACES_EXPORTER=%s is not known here, no traces are sent: otlp or none", settings.exporter)
        return False
    if settings.protocol != SPOKEN:
        log.warning("OTEL_EXPORTER_OTLP_PROTOCOL=%s is not spoken here: traces go to the collector by %s", settings.protocol, SPOKEN)
    return True


def has_packages() -> bool:
    """Whether the extra `telemetry` is installed."""
    try:
        return all(importlib.util.find_spec(name) is not None for name in _PACKAGES)
    except ModuleNotFoundError:
        return False
