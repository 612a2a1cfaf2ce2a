"""Sequential agents through the engine's door."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from agent_graph_building import GraphBuilder, Lookup, call, instance, run_graph, sequence, table

from flowisectl.engine.context import RunRequest
from flowisectl.engine.legacy.executor import STOPPED
from flowisectl.engine.streaming import can_stream
from flowisectl.errors import FlowError, InvalidFlow, NodeError, ProviderError
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.testing import InMemoryAgentStates, PythonJavaScript, RecordingEventSink, ScriptedChatModel, run_context
from flowisectl.worker.running import StopReason

KEY = ("flow-1", "session-1")


def two_agents(model: ScriptedChatModel, **start: Any) -> GraphBuilder:
    return (
        sequence(model, **start)
        .node("a_0", "seqAgent", "start_0", agentName="First One", systemMessagePrompt="one")
        .node("b_0", "seqAgent", "a_0", agentName="Second", systemMessagePrompt="two")
        .node("end_0", "seqEnd", "b_0")
    )


async def test_agents_work_one_after_the_other_and_the_last_one_answers() -> None:
    events, model = RecordingEventSink(), ScriptedChatModel("alpha", "beta")

    result = await two_agents(model).run("question?", events=events)

    first = {
        "agentName": "First One", "messages": ["alpha"], "usedTools": [None], "sourceDocuments": [None], "artifacts": [None], "state": {},
        "nodeName": "seqAgent", "nodeId": "a_0",
    }  # fmt: skip
    second = {**first, "agentName": "Second", "messages": ["beta"], "nodeId": "b_0"}
    assert result.text == "beta"
    assert result.fields == {"text": "beta", "agentReasoning": [first, second]}
    assert result.stored == {"agentReasoning": [first, second]}
    assert result.user_content == "question?" and result.memory_type == "" and result.is_stream_valid is None
    assert [(event.kind.value, event.data) for event in events.events] == [
        ("start", [first]),
        ("agentReasoning", [first]),
        ("agentReasoning", [first, second]),
        ("token", "beta"),
        ("usedTools", []),
        ("sourceDocuments", []),
        ("artifacts", []),
    ]
    assert model.calls[1].texts == [("system", "two"), ("user", "question?"), ("user", "alpha")]


async def test_nobody_listening_means_no_events() -> None:
    events = RecordingEventSink()

    await two_agents(ScriptedChatModel("alpha", "beta")).run(events=events, is_streaming=False)

    assert events.events == []


def test_such_flows_stream() -> None:
    assert can_stream(two_agents(ScriptedChatModel()).flow())


async def test_branches_work_at_the_same_time_and_meet_again() -> None:
    both = asyncio.Barrier(2)

    async def meet(variables: Any, functions: Any) -> str:
        await asyncio.wait_for(both.wait(), 10)
        return "met"

    model = ScriptedChatModel("start", "end")
    builder = sequence(model).node("a_0", "seqAgent", "start_0", agentName="A")
    for name in ("b_0", "c_0"):
        builder.node(name, "seqCustomFunction", "a_0", functionName=name, javascriptFunction="meet()")
    builder.node("d_0", "seqAgent", "b_0", "c_0", agentName="D").node("end_0", "seqEnd", "d_0")

    result = await builder.run(javascript=PythonJavaScript({"meet()": meet}))

    assert [entry["nodeId"] for entry in result.fields["agentReasoning"]] == ["a_0", "b_0", "c_0", "d_0"]
    assert len(model.calls) == 2
    assert [text for _, text in model.calls[1].texts if text == "met"] == ["met", "met"]


async def test_a_branch_that_fails_ends_the_other_and_names_its_node() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def wait(variables: Any, functions: Any) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fail(variables: Any, functions: Any) -> None:
        await began.wait()
        raise ValueError("broken")

    builder = sequence(ScriptedChatModel())
    builder.node("a_0", "seqCustomFunction", "start_0", javascriptFunction="wait()")
    builder.node("b_0", "seqCustomFunction", "start_0", javascriptFunction="fail()").node("end_0", "seqEnd", "a_0", "b_0")

    with pytest.raises(NodeError, match=r"^Error buildAgentGraph - Error: broken$") as caught:
        await builder.run(javascript=PythonJavaScript({"wait()": wait, "fail()": fail}))

    assert caught.value.node_id == "b_0"
    assert ended.is_set()


class TestConditions:
    def flow(self, model: ScriptedChatModel, **inputs: Any) -> GraphBuilder:
        rows = [{"variable": "$flow.state.messages[-1].content", "operation": "Contains", "value": "go", "output": "Next One"}]
        return (
            sequence(model)
            .node("a_0", "seqLLMNode", "start_0", llmNodeName="A")
            .node(
                "if_0",
                "seqCondition",
                "a_0",
                conditionName="Which?",
                outputs=("Next One", "End"),
                **{"conditionUI": table(*rows), **inputs},
            )
            .node("b_0", "seqLLMNode", "if_0:Next One", llmNodeName="B")
            .node("end_0", "seqEnd", "b_0")
            .node("end_1", "seqEnd", "if_0:End")
        )

    async def test_the_row_that_holds_leads_on_and_stands_in_the_reasoning(self) -> None:
        result = await self.flow(ScriptedChatModel("go on", "done")).run()

        assert result.text == "done"
        assert result.fields["agentReasoning"][1] == {
            "agentName": "Which?", "messages": ["B"], "nodeName": "seqCondition", "nodeId": "if_0"
        }  # fmt: skip

    async def test_no_row_that_holds_means_the_end(self) -> None:
        model = ScriptedChatModel("stop")

        assert (await self.flow(model).run()).text == "stop"

    async def test_code_chooses_by_the_label(self) -> None:
        code = {"selectedConditionFunctionTab_if_0": "conditionFunction", "conditionFunction": "code"}
        seen: list[Any] = []

        def choose(variables: Any, functions: Any) -> str:
            seen.append(variables["$flow"]["state"]["messages"][-1]["content"])
            return "Next One"

        result = await self.flow(ScriptedChatModel("x", "done"), **code).run(javascript=PythonJavaScript({"code": choose}))

        assert result.text == "done"
        assert seen == ["x"]

    async def test_an_unknown_label_is_the_end(self) -> None:
        code = {"selectedConditionFunctionTab_if_0": "conditionFunction", "conditionFunction": "code"}

        result = await self.flow(ScriptedChatModel("x"), **code).run(javascript=PythonJavaScript({"code": lambda *_: "Nowhere"}))

        assert result.text == "x"


class TestLoops:
    def flow(self, model: ScriptedChatModel, rounds: int) -> GraphBuilder:
        rows = [{"variable": "$flow.state.messages.length", "operation": "Less Than", "value": str(rounds), "output": "Again"}]
        return (
            sequence(model)
            .node("a_0", "seqLLMNode", "start_0", llmNodeName="Writer")
            .node("if_0", "seqCondition", "a_0", outputs=("Again", "End"), conditionUI=table(*rows))
            .node("loop_0", "seqLoop", "if_0:Again", loopToName="writer")
            .node("end_0", "seqEnd", "if_0:End")
        )

    async def test_a_loop_leads_back_until_the_condition_ends_it(self) -> None:
        model = ScriptedChatModel("1", "2", "3")

        result = await self.flow(model, 4).run()

        assert result.text == "3"

    async def test_a_loop_without_end_is_ended(self) -> None:
        with pytest.raises(FlowError, match="no end within 100 steps"):
            await self.flow(ScriptedChatModel("x", repeat=True), 10**6).run()

    async def test_a_loop_to_nobody_says_who_is_there(self) -> None:
        builder = sequence(ScriptedChatModel("x")).node("a_0", "seqLLMNode", "start_0", llmNodeName="Writer")

        with pytest.raises(InvalidFlow, match="'Reader', which is none of Writer"):
            await builder.node("loop_0", "seqLoop", "a_0", loopToName="Reader").run()


class TestState:
    async def test_values_grow_and_are_replaced_as_the_state_node_says(self) -> None:
        model = ScriptedChatModel("a says", "b says")
        state = [{"key": "log", "type": "Append", "defaultValue": '["x"]'}, {"key": "last", "type": "Replace", "defaultValue": "none"}]
        update = table(
            {"key": "log", "value": "$flow.output.content"},
            {"key": "last", "value": "$flow.output.content"},
            {"key": "unknown", "value": "1"},
        )
        values = '{"log": "$flow.state.log", "last": "$flow.state.last", "said": "{{a_0.data.instance}}"}'
        builder = (
            sequence(model, state=state)
            .node("a_0", "seqAgent", "start_0", updateStateMemoryUI=update)
            .node("b_0", "seqAgent", "a_0", systemMessagePrompt="{log} {last} {said}", promptValues=values)
            .node("end_0", "seqEnd", "b_0")
        )

        result = await builder.run()

        assert model.calls[1].texts[0] == ("system", '["x","a says"] a says a says')
        assert result.fields["agentReasoning"][0]["state"] == {"log": "a says", "last": "a says", "unknown": "1"}

    async def test_the_state_is_kept_for_the_session_when_there_is_a_memory(self) -> None:
        states = InMemoryAgentStates()
        first, second = ScriptedChatModel("alpha", "beta"), ScriptedChatModel("gamma", "delta")
        await two_agents(first, memory=True).run("one", agent_states=states)

        result = await two_agents(second, memory=True).run("two", agent_states=states)

        assert second.calls[0].texts == [("system", "one"), ("user", "one"), ("user", "alpha"), ("user", "beta"), ("user", "two")]
        assert result.memory_type == "Agent Memory"

    async def test_without_a_memory_nothing_is_kept(self) -> None:
        states = InMemoryAgentStates()

        await two_agents(ScriptedChatModel("alpha", "beta")).run(agent_states=states)

        assert states.texts == {}

    async def test_history_of_the_request_goes_in_front_of_a_new_session_only(self) -> None:
        states = InMemoryAgentStates()
        request = RunRequest(question="now", history=[{"role": "userMessage", "content": "before"}])
        first, second = ScriptedChatModel("alpha", "beta"), ScriptedChatModel("gamma", "delta")

        await two_agents(first, memory=True).run(request=request, agent_states=states)
        await two_agents(second, memory=True).run(request=request, agent_states=states)

        assert [text for _, text in first.calls[0].texts] == ["one", "before", "now"]
        assert [text for _, text in second.calls[0].texts] == ["one", "before", "now", "alpha", "beta", "now"]


class TestFailures:
    async def kept_after(self, error: Exception) -> bool:
        states = InMemoryAgentStates()
        await two_agents(ScriptedChatModel("a", "b"), memory=True).run(agent_states=states)
        with pytest.raises(NodeError):
            await two_agents(ScriptedChatModel(error), memory=True).run(agent_states=states)
        return KEY in states.texts

    async def test_a_failed_run_makes_the_session_begin_anew(self) -> None:
        assert not await self.kept_after(ValueError("broken"))
        assert not await self.kept_after(ProviderError("too long", provider="p", status=400))

    async def test_an_outage_of_the_provider_leaves_the_session_as_it_was(self) -> None:
        assert await self.kept_after(ProviderError("busy", provider="p", status=429))
        assert await self.kept_after(ProviderError("cut", provider="p"))

    async def test_a_stopped_run_ends_with_an_empty_answer_and_forgets_the_session(self) -> None:
        began, events, states = asyncio.Event(), RecordingEventSink(), InMemoryAgentStates()
        await states.save(*KEY, {"version": 1, "messages": [], "values": {}})

        async def hang(variables: Any, functions: Any) -> None:
            began.set()
            await asyncio.Event().wait()

        builder = sequence(ScriptedChatModel(), memory=True)
        builder.node("a_0", "seqCustomFunction", "start_0", javascriptFunction="hang()").node("end_0", "seqEnd", "a_0")
        javascript = PythonJavaScript({"hang()": hang})
        task = asyncio.create_task(builder.run(events=events, agent_states=states, javascript=javascript))
        await began.wait()

        task.cancel(STOPPED)
        result = await task

        assert result.text == "" and result.fields == {"text": ""}
        assert [(event.kind.value, event.data) for event in events.events] == [("abort", "[DONE]")]
        assert states.texts == {}

    async def test_a_run_that_is_cancelled_for_another_reason_leaves_everything_as_it_is(self) -> None:
        began, events, states = asyncio.Event(), RecordingEventSink(), InMemoryAgentStates()
        await states.save(*KEY, {"version": 1, "messages": [], "values": {}})

        async def hang(variables: Any, functions: Any) -> None:
            began.set()
            await asyncio.Event().wait()

        builder = sequence(ScriptedChatModel(), memory=True)
        builder.node("a_0", "seqCustomFunction", "start_0", javascriptFunction="hang()").node("end_0", "seqEnd", "a_0")
        javascript = PythonJavaScript({"hang()": hang})
        task = asyncio.create_task(builder.run(events=events, agent_states=states, javascript=javascript))
        await began.wait()

        task.cancel(StopReason.HANDED_BACK.value)

        with pytest.raises(asyncio.CancelledError):
            await task
        assert events.events == [] and KEY in states.texts

    def test_the_worker_stops_runs_with_the_argument_that_the_engine_knows(self) -> None:
        assert StopReason.ABORTED.value == STOPPED

    async def test_a_refused_question_is_answered_by_the_refusal(self) -> None:
        class Refuses:
            async def check(self, text: str) -> str:
                raise ModerationRefusal("not that")

        events, builder = RecordingEventSink(), GraphBuilder()
        builder.given("model_0", "chatModel", ScriptedChatModel()).given("no_0", "tool", Refuses())
        builder.node("start_0", "seqStart", model=instance("model_0"), inputModeration=[instance("no_0")])
        builder.node("a_0", "seqAgent", "start_0").node("end_0", "seqEnd", "a_0")

        result = await run_graph(builder.flow(), builder.objects, run_context(question="x", events=events))

        assert result.fields == {"text": "not that"}
        assert events.text() == "not that"


class TestDrawings:
    async def test_two_starts_are_refused(self) -> None:
        builder = two_agents(ScriptedChatModel()).node("start_1", "seqStart", model=instance("model_0"))

        with pytest.raises(InvalidFlow, match="exactly one Start node, this one has 2"):
            await builder.run()

    async def test_a_flow_without_end_is_refused(self) -> None:
        with pytest.raises(InvalidFlow, match="needs an End or a Loop"):
            await sequence(ScriptedChatModel()).node("a_0", "seqAgent", "start_0").run()


async def test_used_tools_and_documents_are_told_and_stored() -> None:
    events, tool, model = RecordingEventSink(), Lookup(), ScriptedChatModel(call(input="apples"), "done")
    builder = sequence(model).given("tool_0", "tool", tool)
    builder.node("a_0", "seqAgent", "start_0", tools=[instance("tool_0")]).node("end_0", "seqEnd", "a_0")

    result = await builder.run("q", events=events)

    document = {"pageContent": "about apples", "metadata": {}}
    used = {"tool": "look_up", "toolInput": {"input": "apples"}, "toolOutput": "found apples", "sourceDocuments": [document]}
    assert result.stored["usedTools"] == [used] and result.stored["sourceDocuments"] == [document]
    assert "usedTools" not in result.fields
    assert result.fields["agentReasoning"][0]["usedTools"] == [used]
    assert events.of("usedTools") == [[used]] and events.of("sourceDocuments") == [[document]]
    assert tool.flows[0]["state"]["messages"][0]["content"] == "q"
