"""Requests as spans: continues the trace that a client sent (`traceparent`), or begins one, and hands it on to jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from flowisectl.observability.run_ids import set_run_ids
from flowisectl.observability.telemetry import Telemetry
from flowisectl.web.access.gate import API
from flowisectl.web.errors import JOB_ID
from flowisectl.web.route_names import RouteNames
from flowisectl.web.source import TRACE_KEY

UNTRACED = frozenset(("/healthz", "/readyz", f"{API}ping", f"{API}metrics"))
"""What is asked all day long by machines."""
MAX_HEADER = 1024
"""Of what a client sends of its trace; more is ignored."""

Application = Callable[[Any, Any, Any], Awaitable[None]]
_JOB_ID = JOB_ID.lower().encode()


class Traced:
    """An ASGI application around another; only there when traces are sent. `rules` are the application's routes."""

    def __init__(self, inner: Application, telemetry: Telemetry, rules: Iterable[str]) -> None:
        self._inner = inner
        self._telemetry = telemetry
        self._names = RouteNames(rules)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or path in UNTRACED:
            await self._inner(scope, receive, send)
            return
        state = _Headers(scope["headers"])
        status, job_id, route = 0, "", self._names.name(path)
        with self._telemetry.request(
            scope["method"], route, traceparent=state.text(b"traceparent"), tracestate=state.text(b"tracestate")
        ) as span:
            scope[TRACE_KEY] = span.traceparent
            set_run_ids(trace=span.trace_id)

            async def noting(message: Any) -> None:
                nonlocal status, job_id
                if message["type"] == "http.response.start":
                    status = message["status"]
                    job_id = _Headers(message["headers"]).text(_JOB_ID)
                    span.answered(status)
                await send(message)

            try:
                await self._inner(scope, receive, noting)
            finally:
                span.ended(route, job_id)


class _Headers:
    def __init__(self, pairs: Any) -> None:
        self._pairs = pairs

    def text(self, name: bytes) -> str:
        """A header's text; empty when it is missing, there twice, or too long."""
        found = [value for key, value in self._pairs if key.lower() == name]
        return found[0].decode("latin-1") if len(found) == 1 and len(found[0]) <= MAX_HEADER else ""
