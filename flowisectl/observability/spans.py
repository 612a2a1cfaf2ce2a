"""Spans of requests, jobs, nodes and model calls, named by OpenTelemetry's semantic conventions.

Sources: W3C Trace Context for `traceparent`; the conventions for HTTP, messaging and GenAI
(https://opentelemetry.io/docs/specs/semconv/).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id, set_span_in_context, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from flowisectl import __version__
from flowisectl.interfaces.model_call import EMBEDDINGS, MODEL_CALLS, CallListener

MAX_NODES = 1000
"""Spans of nodes in one run; an agent that goes in circles shall not flood the collector."""
MAX_CALLS = 2000
MAX_LABEL = 200
_PROPAGATOR = TraceContextTextMapPropagator()
_PROVIDERS = (
    ("azure", "azure.ai.openai"),
    ("openai", "openai"),
    ("anthropic", "anthropic"),
    ("google", "gcp.gemini"),
    ("mistral", "mistral_ai"),
    ("groq", "groq"),
    ("deepseek", "deepseek"),
    ("perplexity", "perplexity"),
    ("xai", "x_ai"),
    ("cohere", "cohere"),
)
"""What a node's name has in it, and the well-known value of `gen_ai.provider.name`."""


class SpanTelemetry:
    """`observability.telemetry.Telemetry` over OpenTelemetry's library."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("flowisectl", __version__)

    @contextmanager
    def request(self, method: str, route: str, *, traceparent: str, tracestate: str) -> Iterator[HttpSpan]:
        carrier = {"traceparent": traceparent, "tracestate": tracestate} if traceparent else {}
        parent = _PROPAGATOR.extract(carrier, Context())
        span = self._tracer.start_span(f"{method} {route}", parent, SpanKind.SERVER, {"http.request.method": method})
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield HttpSpan(span, method)

    @contextmanager
    def job(
        self, queue: str, job_id: str, *, traceparent: str, flow_id: str, chat_id: str, run: int, accepted_ms: int, worker_id: str
    ) -> Iterator[RunSpan]:
        attributes: dict[str, str | int | float] = {
            "messaging.system": "redis",
            "messaging.operation.type": "process",
            "messaging.operation.name": "process",
            "messaging.destination.name": queue,
            "messaging.message.id": job_id,
            "flowise.flow.id": flow_id,
            "flowise.chat.id": chat_id,
            "flowisectl.job.run": run,
        }
        if worker_id:
            attributes["messaging.client.id"] = worker_id
        if accepted_ms:
            attributes["flowisectl.job.wait_seconds"] = max(0.0, round(time.time() - accepted_ms / 1000, 3))
        parent = _PROPAGATOR.extract({"traceparent": traceparent} if traceparent else {}, Context())
        span = self._tracer.start_span(f"process {queue}", parent, SpanKind.CONSUMER, attributes)
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            made = RunSpan(self._tracer, span)
            try:
                yield made
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR)
                raise
            finally:
                made.end_open()


class HttpSpan:
    """`observability.telemetry.RequestSpan`."""

    def __init__(self, span: Span, method: str) -> None:
        self._span = span
        self._method = method
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, set_span_in_context(span, Context()))
        self.traceparent = carrier.get("traceparent", "")
        self.trace_id = format_trace_id(span.get_span_context().trace_id)

    def answered(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        self._span.add_event("answer began")
        if status >= 500:
            self._span.set_attribute("error.type", str(status))
            self._span.set_status(StatusCode.ERROR)

    def ended(self, route: str, job_id: str) -> None:
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attribute("http.route", route)
        if job_id:
            self._span.set_attribute("messaging.message.id", job_id)


class RunSpan:
    """`observability.telemetry.JobSpan`: a run, below it its nodes, below them their model calls."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._nodes: list[NodeSpan] = []
        """Those that run now."""
        self._left = MAX_NODES
        self._calls_left = MAX_CALLS
        self.trace_id = format_trace_id(span.get_span_context().trace_id)

    def node_started(self, node_id: str, node_name: str, label: str, listener: CallListener | None = None) -> None:
        if self._left <= 0:
            MODEL_CALLS.set(listener)
            return
        self._left -= 1
        attributes = {"flowise.node.id": node_id, "flowise.node.name": node_name, "flowise.node.label": clean(label)}
        # Whoever runs in the context of a node that still runs is a part of it: an iteration's nodes, those of a nested flow.
        around = _NODE.get()
        while around is not None and (around.has_ended or around.run is not self):
            around = around.parent
        parent = _below(around.span if around is not None else self._span)
        span = self._tracer.start_span(f"node {node_name}", parent, attributes=attributes)
        node = NodeSpan(self, span, node_id, around)
        self._nodes.append(node)
        _NODE.set(node)
        MODEL_CALLS.set(_NodeCalls(node, listener))

    def node_ended(self, node_id: str, status: str, error: str = "") -> None:
        here = _NODE.get()
        if here is None or here.node_id != node_id or here not in self._nodes:
            here = next((node for node in reversed(self._nodes) if node.node_id == node_id), None)
        if here is not None:
            self._nodes.remove(here)
            here.end(status)

    def note(self, text: str) -> None:
        """A note may quote what a provider said, so it is none of the collector's business."""

    def ended(self, outcome: str, error_kind: str) -> None:
        self._span.set_attribute("flowisectl.job.outcome", outcome)
        if error_kind:
            self._span.set_attribute("error.type", error_kind)
        if outcome not in ("done", "aborted"):
            self._span.set_status(StatusCode.ERROR)

    def end_open(self) -> None:
        """End what a run that was cut off has left open; the innermost first."""
        while self._nodes:
            self._nodes.pop().end("TERMINATED")

    def call(self, node: NodeSpan, provider: str, model: str, operation: str) -> Span | None:
        """A span for one more call; None when there were too many."""
        if self._calls_left <= 0:
            return None
        self._calls_left -= 1
        attributes = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": provider_name(provider),
            "gen_ai.request.model": clean(model),
        }
        return self._tracer.start_span(f"{operation} {clean(model)}".rstrip(), _below(node.span), SpanKind.CLIENT, attributes)


class NodeSpan:
    """A node that runs."""

    def __init__(self, run: RunSpan, span: Span, node_id: str, parent: NodeSpan | None) -> None:
        self.run = run
        self.span = span
        self.node_id = node_id
        self.parent = parent
        self.has_ended = False
        self.calls: list[Span] = []
        """Calls that have not been answered."""

    def end(self, status: str) -> None:
        self.has_ended = True
        for call in self.calls:
            call.set_attribute("error.type", "cancelled")
            call.end()
        self.calls.clear()
        self.span.set_attribute("flowise.node.status", status)
        if status == "ERROR":
            self.span.set_status(StatusCode.ERROR)
        self.span.end()


_NODE: ContextVar[NodeSpan | None] = ContextVar("node_span", default=None)


class _NodeCalls:
    """`CallListener` of one node: gives each call a span, and tells another listener as well."""

    __slots__ = ("_node", "_other")

    def __init__(self, node: NodeSpan, other: CallListener | None) -> None:
        self._node = node
        self._other = other

    def asked(self, *, provider: str, model: str, operation: str) -> CallListener:
        other = self._other.asked(provider=provider, model=model, operation=operation) if self._other is not None else None
        span = self._node.run.call(self._node, provider, model, operation) if not self._node.has_ended else None
        if span is not None:
            self._node.calls.append(span)
        return _Call(self._node, span, other, operation)

    def first_token(self) -> None:
        if self._other is not None:
            self._other.first_token()

    def answered(self, *, provider: str, model: str, status: int, usage: Mapping[str, Any] | None = None) -> None:
        if self._other is not None:
            self._other.answered(provider=provider, model=model, status=status, usage=usage)


class _Call(_NodeCalls):
    """`CallListener` of one call."""

    __slots__ = ("_operation", "_span")

    def __init__(self, node: NodeSpan, span: Span | None, other: CallListener | None, operation: str) -> None:
        super().__init__(node, other)
        self._span = span
        self._operation = operation

    def first_token(self) -> None:
        if self._span is not None:
            self._span.add_event("first token")
        super().first_token()

    def answered(self, *, provider: str, model: str, status: int, usage: Mapping[str, Any] | None = None) -> None:
        span = self._span
        if span is not None and span in self._node.calls:
            self._node.calls.remove(span)
            if status:
                span.set_attribute("http.response.status_code", status)
            for kind in ("input_tokens", "output_tokens"):
                tokens = (usage or {}).get(kind)
                if isinstance(tokens, int) and not (kind == "output_tokens" and self._operation == EMBEDDINGS):
                    span.set_attribute(f"gen_ai.usage.{kind}", tokens)
            if status != 200:
                span.set_attribute("error.type", str(status) if status else "no_answer")
                span.set_status(StatusCode.ERROR)
            span.end()
        super().answered(provider=provider, model=model, status=status, usage=usage)


def provider_name(provider: str) -> str:
    """`gen_ai.provider.name`: the well-known value, or the node's own name for a provider that has none."""
    lowered = provider.lower()
    return next((name for part, name in _PROVIDERS if part in lowered), provider)


def clean(text: str) -> str:
    """A label short enough, and without what UTF-8 refuses."""
    return str(text)[:MAX_LABEL].encode("utf-8", "replace").decode()


def _below(parent: Span) -> Context:
    return set_span_in_context(parent, Context())
