"""What a main counts: requests, predictions and what is made, under Flowise's names; only with ENABLE_METRICS."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import orjson

from flowisectl import FLOWISE_VERSION
from flowisectl.errors import FlowisectlError
from flowisectl.observability.metrics import Counter, Gauge, Histogram, Metric
from flowisectl.runs.flows import FlowStore
from flowisectl.web.access.gate import API
from flowisectl.web.route_names import RouteNames, method_name

MILLISECONDS = (1, 5, 15, 50, 100, 200, 300, 400, 500)
_PREDICTION = re.compile(rf"{API}(internal-)?prediction/([^/]+)/?")
_ERROR_EVENT = b'{"event":"error"'
_MADE = {
    f"{API}chatflows": "chatflow",
    f"{API}assistants": "assistant",
    f"{API}tools": "tool",
    f"{API}custom-mcp-servers": "custom_mcp_server",
}
LARGEST_BODY = 8 * 1024 * 1024
"""Of an answer that tells what was made: a flow with its data."""

Application = Callable[[Any, Any, Any], Awaitable[None]]


class MainMetrics:
    """One for each main process."""

    def __init__(self, open_streams: Callable[[], float]) -> None:
        def counter(name: str, about: str) -> Counter:
            return Counter(name, about, ("status",), known=(("success",), ("failure",)))

        self.made = {
            "chatflow": counter("chatflow_created", "Chatflows that were made."),
            "agentflow": counter("agentflow_created", "Agentflows that were made."),
            "assistant": counter("assistant_created", "Assistants that were made."),
            "tool": counter("tool_created", "Tools that were made."),
            "custom_mcp_server": counter("custom_mcp_server_created", "MCP servers that were made."),
            "vector": counter("vector_upserted", "Upserts into vector stores."),
        }
        self.predictions = {
            (kind, reach): counter(f"{kind}_prediction_{reach}", f"{reach.capitalize()} predictions of {kind}s.")
            for kind in ("chatflow", "agentflow")
            for reach in ("internal", "external")
        }
        self.durations = Histogram(
            "http_request_duration_ms", "How long requests took, streams included.", ("method", "route", "code"), MILLISECONDS
        )
        self.requests = Counter("http_requests_total", "Requests.", ("method", "route", "code"))
        self._others = (
            Gauge(
                "flowise_version_info", "The version of Flowise whose API this is.", lambda: {(f"v{FLOWISE_VERSION}",): 1.0}, ("version",)
            ),
            Gauge("flowisectl_open_streams", "Open streams and waiting requests.", open_streams),
        )

    def all(self) -> Sequence[Metric]:
        return (*self.made.values(), *self.predictions.values(), self.durations, self.requests, *self._others)


class Counted:
    """An ASGI application around another that counts what passes. `rules` are the application's routes."""

    def __init__(self, inner: Application, metrics: MainMetrics, flows: FlowStore, rules: Iterable[str]) -> None:
        self._inner = inner
        self._metrics = metrics
        self._flows = flows
        self._names = RouteNames(rules)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        answer = _Answer(send, keeps_body=scope["method"] == "POST" and scope["path"].rstrip("/") in _MADE)
        began = time.perf_counter()
        try:
            await self._inner(scope, receive, answer)
        finally:
            took = (time.perf_counter() - began) * 1000
            labels = (method_name(scope["method"]), self._names.name(scope["path"]), str(answer.status))
            self._metrics.durations.observe(took, *labels)
            self._metrics.requests.add(*labels)
            if scope["method"] == "POST":
                await self._count_meaning(scope["path"], answer)

    async def _count_meaning(self, path: str, answer: _Answer) -> None:
        """Predictions, and what was made. As in Flowise only the old multi-agent flows count as agentflows there."""
        status = "success" if answer.is_good else "failure"
        if match := _PREDICTION.fullmatch(path):
            kind = "agentflow" if await self._kind(match[2]) == "MULTIAGENT" else "chatflow"
            self._metrics.predictions[kind, "internal" if match[1] else "external"].add(status)
        elif (what := _MADE.get(path.rstrip("/"))) is not None:
            if what == "chatflow" and answer.flow_type() in ("MULTIAGENT", "AGENTFLOW"):
                what = "agentflow"
            self._metrics.made[what].add(status)
        elif path.startswith((f"{API}vector/upsert", f"{API}vector/internal-upsert", f"{API}document-store/upsert")):
            self._metrics.made["vector"].add(status)

    async def _kind(self, flow_id: str) -> str:
        try:
            return (await self._flows.get(flow_id)).flow.kind
        except FlowisectlError:
            return ""


class _Answer:
    """An ASGI `send` that notes how the answer ended."""

    def __init__(self, send: Any, *, keeps_body: bool) -> None:
        self.status = 0
        """0: the client left before there was one."""
        self._send = send
        self._has_error_event = False
        self._is_stream = False
        self._keeps_body = keeps_body
        self._body = b""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._is_stream = any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in message["headers"])
        elif self._is_stream:
            self._has_error_event = self._has_error_event or _ERROR_EVENT in message.get("body", b"")
        elif self._keeps_body and len(self._body) < LARGEST_BODY:
            self._body += message.get("body", b"")
        await self._send(message)

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 400 and not self._has_error_event

    def flow_type(self) -> str:
        try:
            made = orjson.loads(self._body)
        except ValueError:
            return ""
        return str(made.get("type", "")) if isinstance(made, dict) else ""
