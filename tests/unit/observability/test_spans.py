"""What a run tells of itself becomes spans: who is below whom, how each ends, and what is left out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

pytest.importorskip("opentelemetry.sdk")
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from flowisectl.interfaces.model_call import CHAT, EMBEDDINGS, MODEL_CALLS, begin_call
from flowisectl.observability import spans as module
from flowisectl.observability.spans import RunSpan, SpanTelemetry, provider_name


class Told:
    """A provider that keeps its spans."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.telemetry = SpanTelemetry(provider)

    def job(self, traceparent: str = "") -> AbstractContextManager[RunSpan]:
        return self.telemetry.job("prediction", "j", traceparent=traceparent, flow_id="f", chat_id="c", run=1, accepted_ms=0, worker_id="w")

    def span(self, name: str) -> ReadableSpan:
        [found] = self.named(name)
        return found

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._exporter.get_finished_spans() if span.name == name]


@pytest.fixture
def told() -> Iterator[Told]:
    token = MODEL_CALLS.set(None)
    yield Told()
    MODEL_CALLS.reset(token)


def is_below(span: ReadableSpan, parent: ReadableSpan) -> bool:
    return span.parent is not None and parent.context is not None and span.parent.span_id == parent.context.span_id


async def test_a_node_that_runs_inside_another_is_below_it_and_one_that_follows_is_not(told: Told) -> None:
    with told.job() as run:
        run.node_started("outer", "outer", "")
        run.node_started("inner", "inner", "")
        run.node_ended("inner", "FINISHED")
        run.node_started("second", "second", "")
        run.node_ended("second", "FINISHED")
        run.node_ended("outer", "FINISHED")
        run.node_started("next", "next", "")
        run.node_ended("next", "FINISHED")

    job = told.span("process prediction")
    assert is_below(told.span("node inner"), told.span("node outer")) and is_below(told.span("node second"), told.span("node outer"))
    assert is_below(told.span("node outer"), job) and is_below(told.span("node next"), job)


async def test_nodes_that_run_at_the_same_time_keep_their_own_model_calls(told: Told) -> None:
    both = asyncio.Barrier(2)

    async def node(run: RunSpan, name: str) -> None:
        run.node_started("same-id", name, "")
        call = begin_call("chatOpenAI", f"model of {name}", CHAT)
        await both.wait()
        assert call is not None
        call.first_token()
        call.answered(provider="chatOpenAI", model="", status=200, usage={"input_tokens": 3, "output_tokens": 4})
        run.node_ended("same-id", "FINISHED")

    with told.job() as run:
        await asyncio.gather(*(asyncio.create_task(node(run, name)) for name in ("a", "b")))

    for name in ("a", "b"):
        call = told.span(f"chat model of {name}")
        assert is_below(call, told.span(f"node {name}"))
        assert call.attributes is not None
        assert (call.attributes["gen_ai.usage.input_tokens"], call.attributes["gen_ai.usage.output_tokens"]) == (3, 4)


async def test_a_run_that_is_cut_off_leaves_no_span_open(told: Told) -> None:
    with pytest.raises(asyncio.CancelledError), told.job() as run:
        run.node_started("n", "n", "")
        begin_call("cohere", "m", EMBEDDINGS)
        raise asyncio.CancelledError("a question might be here")

    job, node, call = told.span("process prediction"), told.span("node n"), told.span("embeddings m")
    assert job.attributes is not None and node.attributes is not None and call.attributes is not None
    assert (job.status.status_code, job.attributes["error.type"]) == (StatusCode.ERROR, "CancelledError")
    assert (node.attributes["flowise.node.status"], call.attributes["error.type"]) == ("TERMINATED", "cancelled")
    assert "question" not in job.to_json() + node.to_json() + call.to_json()


async def test_the_text_of_an_error_stays_here(told: Told) -> None:
    with told.job() as run:
        run.node_started("n", "n", "")
        run.node_ended("n", "ERROR", "the prompt was: my secret")
        run.note("429: my secret")
        run.ended("failed", "NodeError")

    text = told.span("node n").to_json() + told.span("process prediction").to_json()
    assert told.span("node n").status.status_code is StatusCode.ERROR and "NodeError" in text
    assert "secret" not in text


async def test_an_agent_in_circles_does_not_flood_the_collector(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 3)
    monkeypatch.setattr(module, "MAX_CALLS", 2)
    with told.job() as run:
        for _ in range(10):
            run.node_started("n", "n", "")
            if (call := begin_call("x", "m", CHAT)) is not None:
                call.answered(provider="x", model="m", status=500)
            run.node_ended("n", "FINISHED")

    assert (len(told.named("node n")), len(told.named("chat m"))) == (3, 2)


@pytest.mark.parametrize(
    "parent",
    ["", "garbage", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-" + "f" * 32 + "-" + "0" * 16 + "-01", "\ud800"],
)
async def test_a_broken_traceparent_begins_a_new_trace(told: Told, parent: str) -> None:
    with told.job(parent):
        pass

    assert told.span("process prediction").parent is None


async def test_labels_that_are_odd_or_long_are_made_fit(told: Told) -> None:
    with told.job() as run:
        run.node_started("n", "n", "\ud800" + "x" * 1000)
        run.node_ended("n", "FINISHED")

    attributes = told.span("node n").attributes
    assert attributes is not None and len(str(attributes["flowise.node.label"])) <= module.MAX_LABEL


@pytest.mark.parametrize(
    ("node", "name"),
    [("chatOpenAI", "openai"), ("azureChatOpenAI", "azure.ai.openai"), ("chatMistralAI", "mistral_ai"), ("chatOllama", "chatOllama")],
)
def test_providers_have_their_well_known_names(node: str, name: str) -> None:
    assert provider_name(node) == name
