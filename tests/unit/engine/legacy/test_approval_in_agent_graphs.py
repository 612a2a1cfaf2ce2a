"""Graphs of agents that ask a human before tools are called, and go on in a later request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from agent_graph_building import GraphBuilder, Lookup, call, instance, sequence

from flowisectl.engine.context import RunRequest
from flowisectl.engine.result import FlowResult
from flowisectl.testing import InMemoryAgentStates, RecordingEventSink, ScriptedChatModel

KEY = ("flow-1", "session-1")


def agent_flow(model: ScriptedChatModel, tool: Lookup, *, memory: bool = True) -> GraphBuilder:
    """An agent that asks first, then another one."""
    return (
        sequence(model, memory=memory)
        .given("tool_0", "tool", tool)
        .node("a_0", "seqAgent", "start_0", agentName="Asker", tools=[instance("tool_0")], interrupt=True,
              approvalPrompt="May I? {tools}", approveButtonText="Sure", rejectButtonText="Never", systemMessagePrompt="s")
        .node("b_0", "seqAgent", "a_0", agentName="Second", systemMessagePrompt="t")
        .node("end_0", "seqEnd", "b_0")
    )  # fmt: skip


def tool_flow(model: ScriptedChatModel, tool: Lookup) -> GraphBuilder:
    """A model, its tool node that asks first, and back to the model."""
    return (
        sequence(model, memory=True)
        .given("tool_0", "tool", tool)
        .node("llm_0", "seqLLMNode", "start_0", llmNodeName="Thinker")
        .node("tools_0", "seqToolNode", "llm_0", toolNodeName="Tools", tools=[instance("tool_0")], interrupt=True)
        .node("loop_0", "seqLoop", "tools_0", loopToName="Thinker")
    )


async def answer(builder: GraphBuilder, question: str, states: InMemoryAgentStates, asked: FlowResult, **context: Any) -> FlowResult:
    request = RunRequest(question=question, action=asked.fields["action"])
    return await builder.run(request=request, agent_states=states, **context)


async def test_the_run_stops_with_a_question_and_two_buttons() -> None:
    events, states, tool = RecordingEventSink(), InMemoryAgentStates(), Lookup()
    model = ScriptedChatModel(call(input="apples"), "Shall I look for apples?")

    result = await agent_flow(model, tool).run("q", events=events, agent_states=states)

    action = result.fields["action"]
    assert result.text == "Shall I look for apples?"
    assert action["mapping"] == {
        "approve": "Sure",
        "reject": "Never",
        "toolCalls": [{"name": "look_up", "args": {"input": "apples"}, "id": "call-1", "type": "tool_call"}],
    }
    assert action["elements"] == [{"type": "approve-button", "label": "Sure"}, {"type": "reject-button", "label": "Never"}]
    assert result.stored["action"] == action
    assert events.kinds() == ["start", "agentReasoning", "token", "action", "usedTools", "sourceDocuments", "artifacts"]
    assert events.of("usedTools") == [[{"tool": "look_up", "toolInput": {"input": "apples"}, "toolOutput": ""}]]
    assert model.calls[1].texts == [("user", 'May I? [{"tool":"look_up","toolInput":{"input":"apples"}}]')]
    assert tool.flows == [] and KEY in states.texts


async def test_a_yes_calls_the_tool_and_goes_on_where_the_run_stopped() -> None:
    states, tool = InMemoryAgentStates(), Lookup()
    asked = await agent_flow(ScriptedChatModel(call(input="apples"), "?"), tool).run("q", agent_states=states)
    model = ScriptedChatModel("they are red", "thank you")

    result = await answer(agent_flow(model, tool), "Sure", states, asked)

    assert result.text == "thank you"
    assert len(tool.flows) == 1
    assert model.calls[0].texts == [("system", "s"), ("user", "q"), ("assistant", ""), ("tool", "found apples")]
    assert [entry["agentName"] for entry in result.fields["agentReasoning"]] == ["Asker Tools", "Asker", "Second"]
    assert "action" not in result.fields


async def test_a_no_tells_the_model_and_calls_nothing() -> None:
    states, tool = InMemoryAgentStates(), Lookup()
    asked = await agent_flow(ScriptedChatModel(call(input="apples"), "?"), tool).run("q", agent_states=states)
    model = ScriptedChatModel("then not", "bye")

    result = await answer(agent_flow(model, tool), "Never", states, asked)

    assert result.text == "bye" and tool.flows == []
    role, text = model.calls[0].texts[-1]
    assert role == "tool" and "refused" in text


async def test_another_question_leaves_the_call_undone_and_begins_anew() -> None:
    states, tool = InMemoryAgentStates(), Lookup()
    asked = await agent_flow(ScriptedChatModel(call(input="apples"), "?"), tool).run("q", agent_states=states)
    model = ScriptedChatModel("pears then", "ok")

    result = await answer(agent_flow(model, tool), "What about pears?", states, asked)

    assert result.text == "ok" and tool.flows == []
    assert [role for role, _ in model.calls[0].texts] == ["system", "user", "assistant", "tool", "user"]


async def test_a_button_of_a_run_that_is_no_longer_kept_is_a_plain_question() -> None:
    states, tool = InMemoryAgentStates(), Lookup()
    asked = await agent_flow(ScriptedChatModel(call(), "?"), tool).run("q", agent_states=states)
    await states.forget(*KEY)
    model = ScriptedChatModel("hello", "there")

    result = await answer(agent_flow(model, tool), "Sure", states, asked)

    assert result.text == "there"
    assert model.calls[0].texts[-1] == ("user", "Sure")


async def test_a_graph_without_memory_keeps_the_run_only_while_it_waits() -> None:
    states, tool = InMemoryAgentStates(), Lookup()
    asked = await agent_flow(ScriptedChatModel(call(), "?"), tool, memory=False).run("q", agent_states=states)
    assert KEY in states.texts

    result = await answer(agent_flow(ScriptedChatModel("a", "b"), tool, memory=False), "Sure", states, asked)

    assert result.text == "b" and len(tool.flows) == 1
    assert states.texts == {}


async def test_a_flow_that_lost_the_node_since_then_begins_anew() -> None:
    states, tool = InMemoryAgentStates(), Lookup()
    asked = await agent_flow(ScriptedChatModel(call(), "?"), tool).run("q", agent_states=states)
    model = ScriptedChatModel("new")
    changed = sequence(model, memory=True).node("z_0", "seqAgent", "start_0").node("end_0", "seqEnd", "z_0")

    result = await answer(changed, "Sure", states, asked)

    assert result.text == "new"


@pytest.mark.parametrize(("button", "calls"), [("Yes", 1), ("No", 0)])
async def test_a_tool_node_asks_as_well(button: str, calls: int) -> None:
    states, tool = InMemoryAgentStates(), Lookup()
    asked = await tool_flow(ScriptedChatModel(call(input="apples"), "?"), tool).run("q", agent_states=states)
    model = ScriptedChatModel("done")

    result = await answer(tool_flow(model, tool), button, states, asked)

    assert asked.fields["action"]["mapping"]["approve"] == "Yes"
    assert result.text == "done" and len(tool.flows) == calls
    assert [role for role, _ in model.calls[0].texts] == ["user", "assistant", "tool"]


async def test_every_round_of_tools_is_asked_for() -> None:
    states, tool = InMemoryAgentStates(), Lookup()
    first = await tool_flow(ScriptedChatModel(call(), "first?"), tool).run("q", agent_states=states)

    second = await answer(tool_flow(ScriptedChatModel(call(call_id="call-2"), "second?"), tool), "Yes", states, first)
    third = await answer(tool_flow(ScriptedChatModel("done"), tool), "Yes", states, second)

    assert second.text == "second?" and second.fields["action"]["mapping"]["toolCalls"][0]["id"] == "call-2"
    assert third.text == "done" and len(tool.flows) == 2


async def test_a_model_that_says_nothing_gets_a_question_all_the_same() -> None:
    result = await tool_flow(ScriptedChatModel(call(), ""), Lookup()).run("q")

    assert result.text == "Do you want to proceed?"


async def test_an_agent_that_needs_no_tool_asks_nobody() -> None:
    builder = agent_flow(ScriptedChatModel("at once", "fine"), Lookup())

    result = await builder.run("q")

    assert result.text == "fine"
    assert replace(result).fields.get("action") is None
