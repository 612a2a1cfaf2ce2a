"""How spans leave the process: OpenTelemetry's provider with OTLP over HTTP, set up by the standard variables."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from config.settings import TelemetrySettings
from flowisectl import __version__
from flowisectl.observability.logging import masked

FLUSH_SECONDS = 2.0
"""How long an ending process waits for what it has not sent yet."""

log = logging.getLogger(__name__)


@contextmanager
def open_provider(settings: TelemetrySettings, role: str) -> Iterator[TracerProvider]:
    """The sampler, limits, batches, headers and the rest are OpenTelemetry's own variables (OTEL_TRACES_SAMPLER …)."""
    name = settings.service_name or f"flowisectl-{role}"
    instance = f"{socket.gethostname()}:{os.getpid()}"
    resource = Resource.create({SERVICE_NAME: name, SERVICE_VERSION: __version__, SERVICE_INSTANCE_ID: instance})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    endpoint = settings.traces_endpoint or settings.endpoint
    provider.add_span_processor(BatchSpanProcessor(ToldExporter(OTLPSpanExporter(), endpoint)))
    log.info("traces are sent to %s as %s", masked(endpoint), name)
    try:
        yield provider
    finally:
        # A collector that is away must not hold the end of the process.
        last = threading.Thread(target=provider.shutdown, name="last traces", daemon=True)
        last.start()
        last.join(FLUSH_SECONDS)


class ToldExporter(SpanExporter):
    """Another exporter that says once when traces cannot be sent, and once when they can again."""

    def __init__(self, inner: SpanExporter, endpoint: str) -> None:
        self._inner = inner
        self._endpoint = masked(endpoint)
        self._is_failing = False
        self._lost = 0
        self._heard = _Heard()
        library = logging.getLogger("opentelemetry")
        library.addHandler(self._heard)
        library.propagate = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        if result is SpanExportResult.SUCCESS:
            if self._is_failing:
                log.info("traces are sent to %s again; %d spans were lost", self._endpoint, self._lost)
            self._is_failing, self._lost = False, 0
        else:
            self._lost += len(spans)
            if not self._is_failing:
                reason = self._heard.text or "no reason given"
                log.warning("traces cannot be sent to %s; everything else goes on (%s)", self._endpoint, reason)
            self._is_failing = True
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)


class _Heard(logging.Handler):
    """Keeps what the library said last, which says it again with every batch."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = " ".join(record.getMessage().split())[:300]
