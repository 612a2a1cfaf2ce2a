"""Whole runs through the engine's door: what a user, a client and the next run of the session get."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from agentflow_building import agentflow, chain, llm, node, reply, start
from agentflow_sessions import USAGE, AddTool, Session, agent, data, wants_sum

from flowisectl.errors import InvalidFlow, NodeError
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.testing import ScriptedChatModel


async def test_a_chain_streams_only_its_last_node() -> None:
    session = Session(ScriptedChatModel("A"))
    flow = chain(start(), llm(), reply(message="<p>Got {{ llmAgentflow_0 }}</p>"))

    result = await session.ask(flow, "hi")

    assert session.trace() == [
        "run INPROGRESS",
        "start INPROGRESS",
        "start FINISHED",
        "1 executed",
        "llm INPROGRESS",
        "llm FINISHED",
        "2 executed",
        "directReply INPROGRESS",
        "say Got A",
        "directReply FINISHED",
        "3 executed",
        "run FINISHED",
    ]
    assert list(result.fields) == ["text", "question", "executionId", "agentFlowExecutedData"]
    assert (result.text, result.user_content) == ("Got A", "hi")
    assert session.states == ["FINISHED"]


async def test_nobody_watches_so_no_event_is_made() -> None:
    session = Session(ScriptedChatModel("A"))
    session.context = replace(session.context, is_streaming=False)

    result = await session.ask(chain(start(), llm()), "hi")

    assert result.text == "A"
    assert session.events.events == []


async def test_a_fan_in_runs_once_and_is_the_only_one_to_stream() -> None:
    session = Session(ScriptedChatModel("a", "b"))
    flow = agentflow(
        [start(), llm(0), llm(1), reply(message="{{ llmAgentflow_0 }}{{ llmAgentflow_1 }}")],
        [
            ("startAgentflow_0", "llmAgentflow_0"),
            ("startAgentflow_0", "llmAgentflow_1"),
            ("llmAgentflow_0", "directReplyAgentflow_0"),
            ("llmAgentflow_1", "directReplyAgentflow_0"),
        ],
    )

    result = await session.ask(flow, "Q")

    order = [item["nodeId"] for item in result.fields["agentFlowExecutedData"]]
    assert order == ["startAgentflow_0", "llmAgentflow_0", "llmAgentflow_1", "directReplyAgentflow_0"]
    assert session.events.text() == "ab"


async def test_an_iteration_runs_what_is_inside_for_each_item() -> None:
    session = Session(ScriptedChatModel("R1", "R2"))
    inner = llm(parent="iterationAgentflow_0", llmUserMessage="do {{ $iteration }}", llmUpdateState=[{"key": "k", "value": "{{ output }}"}])
    shown = "{{ iterationAgentflow_0 }}|{{ iterationAgentflow_0.output.iterationResults }}|{{ $flow.state.k }}|{{ llmAgentflow_0 }}"
    flow = agentflow(
        [start(), node("iterationAgentflow_0", {"iterationInput": '<p>["x","y"]</p>'}), inner, reply(message=shown)],
        [("startAgentflow_0", "iterationAgentflow_0"), ("iterationAgentflow_0", "directReplyAgentflow_0")],
    )

    result = await session.ask(flow, "hi")

    assert result.text == 'R1\nR2|["R1","R2"]|R2|R2'
    assert session.trace()[4:11] == [
        "iteration INPROGRESS",
        "llm INPROGRESS",
        "llm FINISHED",
        "llm INPROGRESS",
        "llm FINISHED",
        "iteration FINISHED",
        "4 executed",
    ]
    assert session.sent(0) == [("user", "hi"), ("user", "do x")]
    assert session.sent(1) == [("user", "hi"), ("user", "do y")]
    items = [item["data"] for item in result.fields["agentFlowExecutedData"]]
    assert [item.get("iterationIndex") for item in items] == [None, 0, 1, None, None]
    assert items[1]["parentNodeId"] == "iterationAgentflow_0"
    assert items[2]["iterationContext"] == {"index": 1, "value": "y", "isFirst": False, "isLast": True, "sessionId": "session-1"}


async def test_an_item_that_fails_does_not_fail_the_iteration() -> None:
    session = Session(ScriptedChatModel(ValueError("boom"), "R2"))
    inner = llm(parent="iterationAgentflow_0")
    flow = agentflow(
        [start(), node("iterationAgentflow_0", {"iterationInput": "[1, 2]"}), inner],
        [("startAgentflow_0", "iterationAgentflow_0")],
    )

    result = await session.ask(flow, "hi")

    assert result.text == "Error in iteration 1: Error in LLM node: boom\nR2"
    assert session.states == ["FINISHED"]


async def test_a_loop_goes_round_and_then_says_its_fallback() -> None:
    session = Session(ScriptedChatModel("r1", "r2", "r3"))
    loop = {"loopBackToNode": "llmAgentflow_0-LLM", "maxLoopCount": "3", "fallbackMessage": "<p>after {{ loop_count }}</p>"}

    result = await session.ask(chain(start(), llm(), node("loopAgentflow_0", loop)), "hi")

    assert result.text == "after 2"
    assert session.trace()[-4:] == ["loop FINISHED", "7 executed", "say after 2", "run FINISHED"]
    assert session.sent(2) == [("user", "hi"), ("user", "r1"), ("user", "r2")]
    assert not any(call.streamed for call in session.model.calls)


async def test_an_agent_uses_a_tool_and_tells_so() -> None:
    session = Session(ScriptedChatModel(wants_sum(), ChatReply(text="three", usage={**USAGE, "total_tokens": 7})), adder=[AddTool()])

    result = await session.ask(chain(start(), agent()), "Q")

    trace = session.trace()
    assert trace[trace.index("agent INPROGRESS") + 1 : trace.index("agent FINISHED")] == [
        "calledTools",
        "say three",
        "usedTools",
        "sourceDocuments",
        "calledTools",
        "usageMetadata",
    ]
    assert session.events.of("calledTools")[0] == [{"tool": "add", "toolInput": {"a": 1, "b": 2}, "toolOutput": ""}]
    assert session.sent(1) == [("user", "Q"), ("assistant", ""), ("tool", "3")]
    output = data(result, "agentAgentflow_0")["output"]
    assert output["usedTools"] == [{"tool": "add", "toolInput": {"a": 1, "b": 2}, "toolOutput": "3"}]
    assert output["usageMetadata"]["tool_call_tokens"] == 12
    assert output["sourceDocuments"] == [{"pageContent": "sums", "metadata": {"page": 1}}]
    assert result.stored["usedTools"] == output["usedTools"]


async def test_a_tool_that_raises_fails_the_agent() -> None:
    session = Session(ScriptedChatModel(wants_sum()), adder=AddTool(ValueError("boom")))

    with pytest.raises(NodeError, match=r"^Error in Agent node: boom$"):
        await session.ask(chain(start(), agent()), "Q")

    assert session.events.of("usedTools")[0][0]["error"] == "boom"
    assert session.states == ["ERROR"]


async def test_a_failing_node_is_reported_and_recorded() -> None:
    session = Session(ScriptedChatModel(ValueError("no luck")))

    with pytest.raises(NodeError, match="no luck") as caught:
        await session.ask(chain(start(), llm(), reply()), "Q")

    assert session.trace()[-4:] == ["llm INPROGRESS", "llm ERROR", "2 executed", "run ERROR"]
    assert session.events.of("nextAgentFlow")[-1]["error"] == "Error in LLM node: no luck"
    assert (caught.value.node_id, caught.value.node_name) == ("llmAgentflow_0", "llmAgentflow")
    row = session.context.executions.rows[0]  # type: ignore[attr-defined]
    assert row.state == "ERROR"
    assert row.data[-1]["data"] == {"id": "llmAgentflow_0", "name": "llmAgentflow", "error": "Error in LLM node: no luck"}
    assert session.history.rows == {}


async def test_two_starts_are_refused_before_anything_is_recorded() -> None:
    session = Session()

    with pytest.raises(InvalidFlow, match=r"^Multiple starting nodes are not allowed$"):
        await session.ask(agentflow([start(), reply()], []), "Q")

    assert session.states == []


async def test_a_run_that_ends_without_content_answers_a_blank() -> None:
    session = Session()
    condition = node("conditionAgentflow_0", {"conditions": [{"type": "string", "value1": "a", "operation": "equal", "value2": "a"}]})

    result = await session.ask(chain(start(), condition), "Q")

    assert (result.text, result.fields["text"]) == (" ", " ")


async def test_credential_ids_stay_out_of_the_answer_but_in_the_row() -> None:
    session = Session(ScriptedChatModel("a"))
    flow = chain(start(), llm(llmModelConfig={"FLOWISE_CREDENTIAL_ID": "cred-1", "modelName": "m"}))

    result = await session.ask(flow, "Q")

    assert "cred-1" not in json.dumps(result.fields)
    row = session.context.executions.rows[0]  # type: ignore[attr-defined]
    assert row.data[1]["data"]["input"]["llmModelConfig"]["FLOWISE_CREDENTIAL_ID"] == "cred-1"
    built = session.context.nodes.built[0]  # type: ignore[attr-defined]
    assert (built[0], built[3]) == ("chatScripted", "cred-1")
