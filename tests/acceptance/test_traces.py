"""One trace from the HTTP request through the queue to nodes and model calls, as a collector receives it from real processes."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator

import pytest
from acceptance_program import START_SECONDS, Program, model_flow

pytest.importorskip("opentelemetry.proto")
from trace_collector import ReceivedSpan, TraceCollector

SERVER, CLIENT, CONSUMER = 2, 3, 5
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
QUESTION = "what is my secret question"


@pytest.fixture
def collector() -> Iterator[TraceCollector]:
    made = TraceCollector()
    yield made
    made.close()


def ask(program: Program, flow: str, headers: dict[str, str], *, is_streaming: bool = True) -> str:
    """Ask, and read the whole answer; gives the job's id."""
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=START_SECONDS)
    body = json.dumps({"question": QUESTION, "streaming": is_streaming})
    connection.request("POST", f"/api/v1/prediction/{flow}", body, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    assert response.status == 200 and (is_streaming or b"one two three" in answer)
    return str(response.headers["X-Job-Id"])


def of_trace(spans: list[ReceivedSpan], trace_id: str) -> dict[str, ReceivedSpan]:
    return {span.name: span for span in spans if span.trace_id == trace_id}


def test_one_trace_spans_request_job_nodes_and_model_call(all_in_one, model, collector) -> None:
    # given
    headers = "x-team=night"
    program = all_in_one(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100", OTEL_EXPORTER_OTLP_HEADERS=headers)
    flow = program.import_flow(model_flow(model.url), "traced")

    # when
    job = ask(program, flow, {"traceparent": f"00-{TRACE}-{PARENT}-01"})
    spans = of_trace(collector.wait(lambda found: len(of_trace(found, TRACE)) >= 5), TRACE)

    # then: one request, one job, two nodes, one call
    request, run = spans["POST /api/v1/prediction/:id"], spans["process prediction"]
    start, answer, call = spans["node startAgentflow"], spans["node llmAgentflow"], spans["chat scripted"]
    assert len(spans) == 5
    assert (request.service, run.service) == ("flowisectl-main", "flowisectl-worker")
    assert (request.kind, run.kind, call.kind) == (SERVER, CONSUMER, CLIENT)
    assert [request.parent_id, run.parent_id] == [PARENT, request.span_id]
    assert [start.parent_id, answer.parent_id, call.parent_id] == [run.span_id, run.span_id, answer.span_id]
    assert request.start <= run.start <= answer.start <= call.start <= call.end <= answer.end <= run.end
    assert not any(span.is_error for span in spans.values())

    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["messaging.message.id"] == run.attributes["messaging.message.id"] == job
    assert (run.attributes["flowise.flow.id"], run.attributes["flowisectl.job.outcome"]) == (flow, "done")
    assert (call.attributes["gen_ai.operation.name"], call.attributes["gen_ai.provider.name"]) == ("chat", "openai")
    assert call.attributes["gen_ai.request.model"] == "scripted"
    assert "first token" in call.events
    assert collector.headers[0]["x-team"] == "night"

    # and nothing of what was said, nor of a key
    told = b"".join(collector.raw)
    assert all(text not in told for text in (QUESTION.encode(), b"one two", b"sk-test", b"authorization"))


def test_requests_without_a_trace_get_one_each_and_an_unsampled_one_is_not_told(all_in_one, model, collector) -> None:
    program = all_in_one(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100", OTEL_SERVICE_NAME="night")
    flow = program.import_flow(model_flow(model.url), "traced")

    ask(program, flow, {"traceparent": f"00-{TRACE}-{PARENT}-00"})
    ask(program, flow, {"traceparent": "garbage"}, is_streaming=False)
    ask(program, flow, {}, is_streaming=False)
    runs = [span for span in collector.wait(lambda found: sum(s.kind == CONSUMER for s in found) >= 2) if span.kind == CONSUMER]
    spans = collector.wait(lambda found: sum(s.kind == SERVER and "prediction" in s.name for s in found) >= 2)
    requests = [span for span in spans if span.kind == SERVER and "prediction" in span.name]

    assert of_trace(spans, TRACE) == {}
    assert len({run.trace_id for run in runs}) == 2
    assert {run.parent_id for run in runs} == {request.span_id for request in requests}
    assert {request.parent_id for request in requests} == {""}
    assert {span.service for span in spans} == {"night"}


def test_a_server_that_runs_flows_itself_tells_the_same_trace(program, model, collector) -> None:
    program.start("start", MODE="main", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/v1/traces", OTEL_BSP_SCHEDULE_DELAY="100")
    program.wait_for("listening on")
    flow = program.import_flow(model_flow(model.url), "traced")

    ask(program, flow, {"traceparent": f"00-{TRACE}-{PARENT}-01"})
    spans = of_trace(collector.wait(lambda found: len(of_trace(found, TRACE)) >= 5), TRACE)

    assert spans["process prediction"].parent_id == spans["POST /api/v1/prediction/:id"].span_id
    assert spans["chat scripted"].parent_id == spans["node llmAgentflow"].span_id


def test_a_model_that_refuses_shows_in_the_trace_without_its_words(all_in_one, collector) -> None:
    program = all_in_one(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="100")
    flow = program.import_flow(model_flow(f"{collector.url}/nothing-here"), "broken")  # answers 200 with no answer in it

    status, _ = program.ask(flow, QUESTION)
    spans = collector.wait(lambda found: any(span.kind == CONSUMER for span in found) and any(span.kind == SERVER for span in found))
    [run] = [span for span in spans if span.kind == CONSUMER]
    spans = [span for span in collector.wait(lambda found: len([s for s in found if s.trace_id == run.trace_id]) >= 5)]
    mine = of_trace(spans, run.trace_id)

    assert status == 500
    assert run.is_error and run.attributes["error.type"] == "NodeError" and run.attributes["flowisectl.job.outcome"] == "failed"
    assert mine["node llmAgentflow"].is_error and mine["chat scripted"].is_error
    assert mine["POST /api/v1/prediction/:id"].is_error
    assert QUESTION.encode() not in b"".join(collector.raw)


def test_a_collector_that_is_away_costs_one_line_and_no_answer(all_in_one, model) -> None:
    program = all_in_one(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_BSP_SCHEDULE_DELAY="100", OTEL_EXPORTER_OTLP_TIMEOUT="1")
    flow = program.import_flow(model_flow(model.url), "untold")

    for _ in range(3):
        ask(program, flow, {})
    program.wait_for("traces cannot be sent to http://127.0.0.1:9", count=2)

    assert program.end() == 0
    assert program.log.read_text().count("traces cannot be sent") == 2  # main and the worker, once each


def test_without_the_extra_the_log_says_once_what_to_install_and_all_works(program, model, tmp_path) -> None:
    # given: an empty package in front of OpenTelemetry's, as if that were not installed
    hidden = tmp_path / "hidden" / "opentelemetry"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").touch()
    variables = {"MODE": "main", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "PYTHONPATH": str(hidden.parent)}

    # when
    program.start("start", **variables)
    program.wait_for("listening on")
    status, answer = program.ask(program.import_flow(model_flow(model.url), "untold"))

    # then
    assert (status, json.loads(answer)["text"]) == (200, "one two three")
    assert program.log.read_text().count("pip install 'flowisectl[telemetry]'") == 1
