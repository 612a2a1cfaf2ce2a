"""What counts as a difference between two servers' answers, and which flows are never asked twice."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from flowisectl.cli.app import run
from flowisectl.cli.shadowing.comparison import compare, shown_kinds
from flowisectl.cli.shadowing.read_only import why_left_out
from flowisectl.cli.shadowing.report import Answer, Compared, FlowComparison, ShadowReport
from flowisectl.cli.shadowing.samples import is_sampled
from flowisectl.cli.views.shadow import shadow_view
from flowisectl.cli.views.theme import make_console
from flowisectl.engine.flow import parse_flow
from flowisectl.nodes.discovery import load_catalogue

CATALOGUE = load_catalogue()


def answer(**members: Any) -> Answer:
    return Answer(status=200, body={"text": "hi", "chatId": "a", "usedTools": [{"tool": "t", "toolOutput": "x"}], **members})


def differences(ours: Answer, theirs: Answer, *, with_text: bool = False) -> list[tuple[str, str]]:
    return [(item.path, item.kind) for item in compare(ours, theirs, with_text=with_text)]


def test_other_words_and_ids_are_no_difference_unless_texts_are_compared() -> None:
    ours, theirs = answer(), answer(text="hello", chatId="b")

    assert differences(ours, theirs) == []
    assert differences(ours, theirs, with_text=True) == [("text", "text")]
    assert differences(ours, answer(text=" hi\n"), with_text=True) == []


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (answer(sourceDocuments=[]), [("sourceDocuments", "extra")]),
        (Answer(status=200, body={"text": "hi", "chatId": "a"}), [("usedTools", "missing")]),
        (answer(text=None), [("text", "type")]),
        (answer(text={"a": 1}), [("text", "type")]),
        (answer(usedTools=[{"tool": "t", "toolOutput": 1}]), [("usedTools[].toolOutput", "type")]),
        (answer(usedTools=[]), [("usedTools", "length")]),
        (answer(usedTools=[{"tool": "t", "toolOutput": "x", "more": True}] * 2), [("usedTools", "length"), ("usedTools[].more", "extra")]),
        (Answer(status=200, body="hi"), [("answer", "type")]),
        (Answer(status=500), [("status", "status")]),
    ],
)
def test_every_other_shape_is_told_where_it_is(theirs: Answer, expected: list[tuple[str, str]]) -> None:
    assert differences(answer(), theirs) == expected


def test_two_errors_of_one_status_are_equal() -> None:
    assert differences(Answer(status=500), Answer(status=500, body={"message": "x"})) == []


def test_streams_are_compared_by_the_order_of_their_own_events() -> None:
    def stream(*kinds: str) -> Answer:
        return Answer(status=200, body={"text": "hi"}, is_stream=True, kinds=kinds)

    ours = stream("start", "token", "token", "usedTools")

    assert differences(ours, stream("start", "token", "usedTools", "metadata", "end")) == []
    assert differences(ours, stream("start", "token", "metadata", "end")) == [("events", "events")]
    assert differences(ours, Answer(status=200, body={"text": "hi"})) == [("events", "events")]
    assert differences(Answer(status=200, body={"text": ""}, is_stream=True), stream("start")) == []
    assert shown_kinds(("token", "token", "end")) == ("token",)


def flow_of(*nodes: dict[str, Any], chatbot: str | None = None) -> Any:
    data = [{"id": f"{node['name']}_{place}", "label": "", "inputs": {}, **node} for place, node in enumerate(nodes)]
    return parse_flow({"nodes": [{"id": item["id"], "data": item} for item in data], "edges": []}, chatbot_config=chatbot)


@pytest.mark.parametrize(
    "names", [("llmChain", "chatOpenAI", "promptTemplate"), ("toolAgent", "bufferMemory", "calculator"), ("startAgentflow",)]
)
def test_flows_that_only_answer_take_part(names: tuple[str, ...]) -> None:
    assert why_left_out(flow_of(*({"name": name} for name in names)), CATALOGUE) == ""


@pytest.mark.parametrize(
    "name",
    [
        "customTool",
        "requestsPost",
        "requestsGet",
        "gmail",
        "ChatflowTool",
        "customMCP",
        "customFunction",
        "ifElseFunction",
        "getApiChain",
        "postApiChain",
        "httpAgentflow",
        "toolAgentflow",
        "customFunctionAgentflow",
        "executeFlowAgentflow",
        "humanInputAgentflow",
        "RedisBackedChatMemory",
        "postgresRecordManager",
        "redisCache",
        "apiLoader",
        "cheerioWebScraper",
        "sqlDatabaseChain",
        "csvAgent",
        "seqCustomFunction",
        "nodeOfTomorrow",
        "agentMemory",
    ],
)
def test_flows_that_may_change_something_are_left_out_with_the_node(name: str) -> None:
    why = why_left_out(flow_of({"name": "llmChain"}, {"name": name}), CATALOGUE)

    assert why.startswith(f"{name}_1: ")


def test_tools_that_an_agent_names_in_its_inputs_count() -> None:
    harmless = {"name": "agentAgentflow", "inputs": {"agentTools": [{"agentSelectedTool": "calculator"}]}}
    writing = {"name": "agentAgentflow", "inputs": {"agentTools": [{"agentSelectedTool": "calculator"}, {"agentSelectedTool": "gmail"}]}}
    provider = {"name": "agentAgentflow", "inputs": {"agentToolsBuiltInOpenAI": '["web_search_preview"]'}}

    assert why_left_out(flow_of(harmless), CATALOGUE) == ""
    assert "gmail" in why_left_out(flow_of(writing), CATALOGUE)
    assert "provider" in why_left_out(flow_of(provider), CATALOGUE)


def test_answers_that_code_of_the_flow_processes_are_left_out() -> None:
    chatbot = json.dumps({"postProcessing": {"enabled": True, "customFunction": "return 1"}})

    assert "code of the flow" in why_left_out(flow_of({"name": "llmChain"}, chatbot=chatbot), CATALOGUE)


def test_a_chat_is_sampled_whole_and_about_as_often_as_asked() -> None:
    chats = [f"chat-{number}" for number in range(4000)]

    share = sum(is_sampled(chat, 25) for chat in chats) / len(chats)

    assert 0.2 < share < 0.3
    assert all(is_sampled(chat, 100) for chat in chats)
    assert [chat for chat in chats if is_sampled(chat, 5)] == [chat for chat in chats if is_sampled(chat, 25) and is_sampled(chat, 5)]


def test_the_view_fits_and_tells_each_kind_of_difference_once() -> None:
    flow = FlowComparison(flow_id="f" * 36, name="A flow with a name that is much longer than its column is wide")
    for number in range(5):
        found = compare(answer(), answer(sourceDocuments=["x" * 200], text=7), with_text=True)
        flow.add(Compared(job_id=f"{number:032d}", flow_id=flow.flow_id, differences=found))
    flow.add(Compared(job_id="6" * 32, flow_id=flow.flow_id))
    flow.add(Compared(job_id="7" * 32, flow_id=flow.flow_id, problem="no answer within 310 s"))
    out = FlowComparison(flow_id="g" * 36, name="writes", left_out="httpAgentflow_0: it calls an address")
    stream = io.StringIO()

    make_console(stream).print(shadow_view(ShadowReport(url="http://127.0.0.1:3001", flows={"f": flow, "g": out})))

    shown = stream.getvalue()
    assert (flow.asked, flow.same, flow.different) == (7, 1, 5)
    assert all(len(line) <= 80 for line in shown.splitlines()), shown
    assert shown.count("sourceDocuments") == 1 and "5×" in shown and "it calls an address" in shown


@pytest.mark.parametrize("url", ["flowise", "ftp://x", "http://", "http://me:secret@127.0.0.1:1", "http://x:notaport"])
def test_an_address_that_is_none_or_holds_a_password_is_refused(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    status = run(["shadow", "--against", url, "--data-dir", str(tmp_path)])

    assert status == 1 and "--against" in (told := capsys.readouterr().err) and "secret" not in told
