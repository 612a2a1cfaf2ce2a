"""How runs end that do not simply finish: stopped from outside, over a limit, refused at the door."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest
from agentflow_building import CATALOGUE, agentflow, chain, llm, node, reply, start

from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.flow import parse_flow
from flowisectl.engine.run import run_flow
from flowisectl.errors import FlowError, InvalidFlow, InvalidRequest, NodeError, RunStopped
from flowisectl.interfaces.chat_model import ChatOptions, ChatReply
from flowisectl.interfaces.http import HttpResponse
from flowisectl.testing import InMemoryFactory, PythonJavaScript, RecordingTrace, ScriptedChatModel, ScriptedHttp, run_context

FUNCTION = "return wait()"


class EndlessModel(ScriptedChatModel):
    """Never answers; says when it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def invoke(self, messages: Any, options: ChatOptions = ChatOptions()) -> ChatReply:  # noqa: B008
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def stream(self, messages: Any, options: ChatOptions = ChatOptions()) -> Any:  # noqa: B008
        yield await self.invoke(messages, options)


def context_with(model: Any = None, **fields: Any) -> RunContext:
    return run_context(question="Q", nodes=InMemoryFactory(chatScripted=model), **fields)


async def stop_when(asked: asyncio.Event, task: asyncio.Task[Any]) -> None:
    await asyncio.wait_for(asked.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_run_that_is_stopped_in_a_model_call_is_recorded_as_broken_off() -> None:
    model = EndlessModel()
    context = context_with(model)
    task = asyncio.create_task(run_flow(chain(start(), llm()), context, CATALOGUE))

    await stop_when(model.asked, task)

    row = context.executions.rows[0]  # type: ignore[attr-defined]
    assert row.state == "ERROR"
    assert row.data[-1]["data"]["error"] == "Error in LLM node: This operation was aborted"
    assert context.events.kinds()[-3:] == ["nextAgentFlow", "agentFlowExecutedData", "agentFlowEvent"]  # type: ignore[attr-defined]


async def test_a_run_that_is_stopped_elsewhere_is_recorded_as_terminated() -> None:
    asked = asyncio.Event()

    async def wait(variables: Any, host: Any) -> Any:
        asked.set()
        await asyncio.Event().wait()

    context = context_with(javascript=PythonJavaScript({FUNCTION: wait}))
    function = node("customFunctionAgentflow_0", {"customFunctionJavascriptFunction": FUNCTION})
    task = asyncio.create_task(run_flow(chain(start(), function), context, CATALOGUE))

    await stop_when(asked, task)

    row = context.executions.rows[0]  # type: ignore[attr-defined]
    assert row.state == "TERMINATED"
    assert row.data[-1]["data"]["error"] == "Flow execution was cancelled"
    ended = context.events.of("nextAgentFlow")[-1]  # type: ignore[attr-defined]
    assert ended == {"nodeId": "customFunctionAgentflow_0", "nodeLabel": "Custom Function", "status": "TERMINATED"}
    assert context.events.of("agentFlowEvent") == ["INPROGRESS", "TERMINATED"]  # type: ignore[attr-defined]


async def test_a_run_that_is_stopped_inside_an_iteration_ends_the_whole_run() -> None:
    model = EndlessModel()
    context = context_with(model)
    flow = agentflow(
        [start(), node("iterationAgentflow_0", {"iterationInput": "[1, 2]"}), llm(parent="iterationAgentflow_0")],
        [("startAgentflow_0", "iterationAgentflow_0")],
    )
    task = asyncio.create_task(run_flow(flow, context, CATALOGUE))

    await stop_when(model.asked, task)

    row = context.executions.rows[0]  # type: ignore[attr-defined]
    assert (row.state, row.states) == ("TERMINATED", ["TERMINATED"])
    assert [item["nodeId"] for item in row.data] == ["startAgentflow_0", "iterationAgentflow_0"]


async def test_a_node_that_stops_the_run_terminates_it() -> None:
    context = context_with(ScriptedChatModel(RunStopped()))

    with pytest.raises(RunStopped):
        await run_flow(chain(start(), llm()), context, CATALOGUE)

    assert context.executions.rows[0].state == "TERMINATED"  # type: ignore[attr-defined]


async def test_a_run_with_too_many_steps_fails_and_is_recorded() -> None:
    context = context_with(ScriptedChatModel("x", repeat=True), max_iterations=5)
    loop = node("loopAgentflow_0", {"loopBackToNode": "llmAgentflow_0-LLM", "maxLoopCount": 100})

    with pytest.raises(FlowError, match="Maximum iteration limit reached"):
        await run_flow(chain(start(), llm(), loop), context, CATALOGUE)

    row = context.executions.rows[0]  # type: ignore[attr-defined]
    assert (row.state, len(row.data)) == ("ERROR", 6)


async def test_a_result_that_is_no_json_fails_its_node_and_leaves_the_row_whole() -> None:
    deep = b"[" * 300 + b"]" * 300
    response = HttpResponse(status=200, reason="OK", headers={}, body=deep)
    context = context_with(http=ScriptedHttp(response))

    with pytest.raises(NodeError, match="cannot be stored as JSON") as caught:
        await run_flow(chain(start(), node("httpAgentflow_0", {"url": "http://example.test"})), context, CATALOGUE)

    assert caught.value.node_id == "httpAgentflow_0"
    row = context.executions.rows[0]  # type: ignore[attr-defined]
    assert row.state == "ERROR"
    assert orjson.dumps(row.data)


async def test_a_node_type_that_nobody_knows_fails_the_run_with_its_name() -> None:
    unknown = {"id": "futureAgentflow_0", "data": {"name": "futureAgentflow", "label": "Future", "category": "Agent Flows", "inputs": {}}}
    context = context_with()

    with pytest.raises(NodeError, match=r"'futureAgentflow' \(node futureAgentflow_0\) of flow flow-1 is not supported yet"):
        await run_flow(chain(start(), unknown), context, CATALOGUE)

    assert context.executions.rows[0].state == "ERROR"  # type: ignore[attr-defined]


async def test_a_node_of_another_kind_of_flow_is_refused() -> None:
    stranger = {"id": "llmChain_0", "data": {"name": "llmChain", "label": "Chain", "category": "Chains", "inputs": {}}}

    with pytest.raises(NodeError, match="'llmChain'"):
        await run_flow(chain(start(), stranger), context_with(), CATALOGUE)


async def test_an_operator_sees_each_node_with_its_end() -> None:
    trace = RecordingTrace()

    with pytest.raises(NodeError):
        await run_flow(chain(start(), llm()), context_with(ScriptedChatModel(ValueError("boom")), trace=trace), CATALOGUE)

    assert trace.lines == [
        ("start", "startAgentflow_0"),
        ("end", "startAgentflow_0", "FINISHED"),
        ("start", "llmAgentflow_0"),
        ("end", "llmAgentflow_0", "ERROR"),
    ]


async def test_a_flow_that_is_called_as_a_tool_tells_nothing() -> None:
    context = context_with(ScriptedChatModel("a"), is_tool_call=True)

    result = await run_flow(chain(start(), llm()), context, CATALOGUE)

    assert result.text == "a"
    assert context.events.kinds() == []  # type: ignore[attr-defined]


async def test_question_and_form_together_are_refused() -> None:
    context = replace(context_with(), request=RunRequest(question="Q", form={"a": 1}))

    with pytest.raises(InvalidRequest, match=r"^Question and form cannot be provided at the same time$"):
        await run_flow(chain(start(), reply()), context, CATALOGUE)


@pytest.mark.parametrize("history", [["text"], [{"role": "robot", "content": "x"}], [{"role": "userMessage"}]])
async def test_sent_history_of_another_shape_is_refused(history: list[Any]) -> None:
    context = replace(context_with(), request=RunRequest(question="Q", history=history))

    with pytest.raises(InvalidRequest, match=r"^Invalid history format"):
        await run_flow(chain(start(), reply()), context, CATALOGUE)


@pytest.mark.parametrize(("kind", "message"), [("webhookTrigger", "starts by a webhook"), ("scheduleInput", "starts by its schedule")])
async def test_flows_with_another_entrance_cannot_be_called(kind: str, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        await run_flow(chain(start(startInputType=kind), reply()), context_with(), CATALOGUE)


async def test_a_flow_needs_a_start_node_with_an_input_type() -> None:
    with pytest.raises(InvalidFlow, match=r"^Start input type not found$"):
        await run_flow(chain(reply()), context_with(), CATALOGUE)
    with pytest.raises(InvalidFlow, match=r"^Start input type not found$"):
        await run_flow(chain(start(startInputType="")), context_with(), CATALOGUE)


async def test_a_webhook_asks_with_the_text_made_of_its_payload() -> None:
    request = RunRequest(has_question=False, webhook={"body": {"name": "Ada"}})
    flow = chain(
        start(startInputType="webhookTrigger", webhookDefaultInput="Hello {{ $webhook.body.name }}"),
        reply(message="{{ question }} / {{ $webhook.body.name }}"),
    )

    result = await run_flow(flow, replace(context_with(), request=request), CATALOGUE)

    assert result.text == "Hello Ada / Ada"


async def test_overrides_that_the_flow_allows_reach_the_node() -> None:
    api = '{"overrideConfig": {"status": true, "nodes": {"Direct Reply": [{"name": "directReplyMessage", "enabled": true}]}}}'
    flow = chain(start(), reply(message="own"), api_config=api)
    request = RunRequest(question="Q", override_config={"directReplyMessage": "<p>other {{ question }}</p>"})

    result = await run_flow(flow, replace(context_with(), request=request), CATALOGUE)

    assert result.text == "other Q"


async def test_a_state_that_the_flow_allows_to_set_comes_with_the_request() -> None:
    api = '{"overrideConfig": {"status": true, "nodes": {"Start": [{"name": "startState", "enabled": true}]}}}'
    flow = chain(start(startState=[{"key": "k", "value": "own"}]), reply(message="{{ $flow.state.k }}"), api_config=api)
    request = RunRequest(question="Q", override_config={"startState": [{"key": "k", "value": "sent"}]})

    result = await run_flow(flow, replace(context_with(), request=request), CATALOGUE)

    assert result.text == "sent"


async def test_an_empty_flow_is_refused() -> None:
    with pytest.raises(InvalidFlow):
        await run_flow(parse_flow({"nodes": [], "edges": []}, id="flow-1", kind="AGENTFLOW"), context_with(), CATALOGUE)


async def test_an_item_that_would_have_to_wait_for_a_human_ends_there_and_nothing_behind_it_is_done() -> None:
    parent = "iterationAgentflow_0"
    asks = node("humanInputAgentflow_0", {"humanInputDescriptionType": "fixed", "humanInputDescription": "Send?"}, parent=parent)
    sends = [node(f"directReplyAgentflow_{number}", {"directReplyMessage": "sent"}, parent=parent) for number in (0, 1)]
    flow = agentflow(
        [start(), node(parent, {"iterationInput": "[1]"}), asks, *sends],
        [
            ("startAgentflow_0", parent),
            ("humanInputAgentflow_0", "directReplyAgentflow_0", 0),
            ("humanInputAgentflow_0", "directReplyAgentflow_1", 1),
        ],
    )

    result = await run_flow(flow, run_context(question="Q"), CATALOGUE)

    assert "cannot wait for a human inside an iteration" in result.text
    assert "sent" not in result.text
    assert [item["nodeId"] for item in result.fields["agentFlowExecutedData"]] == ["startAgentflow_0", parent]
