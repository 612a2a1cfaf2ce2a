from __future__ import annotations

import orjson
import pytest

from flowisectl.interfaces.model_call import begin_call
from flowisectl.queue.summary import node_name, node_status
from flowisectl.worker.trace import MAX_NODES, MAX_TEXT, JobTrace


def test_each_run_of_a_node_is_a_line_with_its_time() -> None:
    trace = JobTrace()
    trace.node_started("llm_0", "llmAgentflow", "Ask")
    trace.node_ended("llm_0", "finished")
    trace.node_started("llm_0", "llmAgentflow", "Ask")
    trace.node_ended("llm_0", "error", "no model")
    trace.note("asked twice")

    kept = orjson.loads(trace.to_bytes())

    assert [(line["id"], line["label"], node_status(line), line.get("error", "")) for line in kept["nodes"]] == [
        ("llm_0", "Ask", "finished", ""),
        ("llm_0", "Ask", "error", "no model"),
    ]
    assert all(line["took"] >= 0 and line["started"] > 0 for line in kept["nodes"])
    assert kept["notes"] == ["asked twice"]


@pytest.mark.parametrize(
    ("text", "shown"), [("401 no such key", "openAI: 401 no such key"), ("openAI: no key", "openAI: no key"), ("", "")]
)
def test_the_provider_that_refused_is_named_once(text: str, shown: str) -> None:
    trace = JobTrace()
    trace.node_started("llm_0", "llm", "Ask")
    call = begin_call("openAI", "gpt", "chat")
    assert call is not None
    call.answered(provider="openAI", model="gpt", status=401)

    trace.node_ended("llm_0", "error", text)

    [line] = orjson.loads(trace.to_bytes())["nodes"]
    assert (line.get("error", ""), line["http"], "by" in line) == (shown, 401, False)


def test_news_are_news_once() -> None:
    trace = JobTrace()
    assert not trace.has_news
    assert trace.to_bytes() == b""

    trace.node_started("a", "a", "A")

    assert trace.has_news
    trace.to_bytes()
    assert not trace.has_news


def test_trace_stays_small() -> None:
    trace = JobTrace()
    for number in range(MAX_NODES + 100):
        trace.node_started(f"n{number}", "n", "N")
    trace.node_ended("n1", "error", "x" * 10_000)

    kept = orjson.loads(trace.to_bytes())

    assert len(kept["nodes"]) == MAX_NODES
    assert len(kept["nodes"][1]["error"]) == MAX_TEXT


def test_lone_surrogates_do_not_spoil_it() -> None:
    trace = JobTrace()
    trace.node_started("a", "a", "half \ud83d")

    assert orjson.loads(trace.to_bytes())["nodes"][0]["label"] == "half ?"


def test_a_name_that_the_id_tells_is_left_out_and_found_again() -> None:
    trace = JobTrace()
    trace.node_started("llmAgentflow_0", "llmAgentflow", "Ask")
    trace.node_started("a1", "customFunction", "Count")

    kept = orjson.loads(trace.to_bytes())

    assert ["name" in line for line in kept["nodes"]] == [False, True]
    assert [node_name(line) for line in kept["nodes"]] == ["llmAgentflow", "customFunction"]


def test_what_is_usual_is_not_written() -> None:
    trace = JobTrace()
    trace.node_started("llmAgentflow_0", "llmAgentflow", "Ask")
    [open_line] = orjson.loads(trace.to_bytes())["nodes"]
    trace.node_ended("llmAgentflow_0", "FINISHED")
    [line] = orjson.loads(trace.to_bytes())["nodes"]

    assert set(line) == {"id", "label", "started", "took"}
    assert (node_status(open_line), node_status(line)) == ("running", "FINISHED")
