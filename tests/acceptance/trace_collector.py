"""A collector of traces on loopback: takes OTLP over HTTP, as OpenTelemetry specifies it, and keeps the spans."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

WAIT_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class ReceivedSpan:
    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    is_error: bool
    attributes: Mapping[str, Any]
    events: tuple[str, ...]
    start: int
    end: int


class TraceCollector:
    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.headers: list[Mapping[str, str]] = []
        self._spans: list[ReceivedSpan] = []
        self._news = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                outer._take(body, dict(self.headers))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, holds: Callable[[list[ReceivedSpan]], bool]) -> list[ReceivedSpan]:
        """The spans, as soon as they are as wanted."""
        with self._news:
            came = self._news.wait_for(lambda: holds(self._spans), WAIT_SECONDS)
            assert came, [(span.service, span.name) for span in self._spans]
            return list(self._spans)

    def _take(self, body: bytes, headers: Mapping[str, str]) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        found = []
        for resource in request.resource_spans:
            about = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
            for scope in resource.scope_spans:
                found += [_received(span, about["service.name"]) for span in scope.spans]
        with self._news:
            self.raw.append(body)
            self.headers.append(headers)
            self._spans += found
            self._news.notify_all()


def _received(span: Any, service: str) -> ReceivedSpan:
    return ReceivedSpan(
        service=service,
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        kind=span.kind,
        is_error=span.status.code == 2,
        attributes={pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes},
        events=tuple(event.name for event in span.events),
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
    )
