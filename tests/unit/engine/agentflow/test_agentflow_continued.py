"""A run that is tried again goes on behind the last node that was kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from agentflow_building import CATALOGUE, agentflow, chain, llm, node, reply, start

from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.flow import Flow
from flowisectl.engine.run import run_flow
from flowisectl.testing import InMemoryFactory, PythonJavaScript, RecordingEventSink, RecordingTrace, ScriptedChatModel, run_context


class KeptInMemory:
    """A checkpoint that goes through JSON, as between two workers."""

    def __init__(self) -> None:
        self.text: bytes | None = None
        self.saves = 0
        self.on_save: Any = lambda data: None

    async def load(self) -> Mapping[str, Any] | None:
        return None if self.text is None else orjson.loads(self.text)

    async def save(self, data: Mapping[str, Any]) -> None:
        self.text = orjson.dumps(data)
        self.saves += 1
        self.on_save(data)


class Functions:
    """User code by name; `blocked` never comes back."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.asked = asyncio.Event()
        self.is_open = False

    def javascript(self) -> PythonJavaScript:
        return PythonJavaScript({"return first()": self._first, "return second()": self._second})

    async def _first(self, variables: Any, host: Any) -> str:
        self.calls.append("first")
        return "one"

    async def _second(self, variables: Any, host: Any) -> str:
        self.calls.append("second")
        if not self.is_open:
            self.asked.set()
            await asyncio.Event().wait()
        return "two"


def function(number: int, code: str, *, parent: str = "") -> dict[str, Any]:
    return node(f"customFunctionAgentflow_{number}", {"customFunctionJavascriptFunction": code}, label=f"F{number}", parent=parent)


async def cut_off(flow: Flow, context: RunContext, functions: Functions) -> None:
    """A first attempt whose worker is lost in the second function."""
    task = asyncio.create_task(run_flow(flow, context, CATALOGUE))
    await asyncio.wait_for(functions.asked.wait(), 5)
    task.cancel()
    await asyncio.wait([task])
    functions.is_open = True


def again(context: RunContext) -> RunContext:
    return replace(context, events=RecordingEventSink(), trace=RecordingTrace())


def notes_of(context: RunContext) -> list[str]:
    return [line[1] for line in context.trace.lines if line[0] == "note"]  # type: ignore[attr-defined]


async def test_finished_function_is_not_called_again() -> None:
    functions, kept = Functions(), KeptInMemory()
    context = run_context(question="Q", javascript=functions.javascript(), checkpoint=kept)
    flow = chain(start(), function(0, "return first()"), function(1, "return second()"))
    await cut_off(flow, context, functions)

    second = again(context)
    result = await run_flow(flow, second, CATALOGUE)

    assert functions.calls == ["first", "second", "second"]
    assert result.text == "two"
    row = context.executions.rows[0]  # type: ignore[attr-defined]
    assert len(context.executions.rows) == 1  # type: ignore[attr-defined]
    assert (row.state, [item["nodeLabel"] for item in row.data]) == ("FINISHED", ["Start", "F0", "F1"])
    assert notes_of(second) == ["kept from an earlier attempt: Start, F0; goes on with: F1"]


async def test_continued_run_tells_its_client_everything_once() -> None:
    functions, kept = Functions(), KeptInMemory()
    whole = Functions()
    whole.is_open = True
    flow = chain(start(), function(0, "return first()"), function(1, "return second()"))
    undisturbed = run_context(question="Q", javascript=whole.javascript())
    await run_flow(flow, undisturbed, CATALOGUE)
    context = run_context(question="Q", javascript=functions.javascript(), checkpoint=kept)
    await cut_off(flow, context, functions)

    second = again(context)
    await run_flow(flow, second, CATALOGUE)

    assert second.events.events == undisturbed.events.events  # type: ignore[attr-defined]


async def test_kept_node_that_spoke_to_the_user_speaks_again_in_the_new_stream() -> None:
    functions, kept = Functions(), KeptInMemory()
    nodes = [start(), function(0, "return first()"), function(1, "return second()"), reply(0, "<p>bye</p>")]
    edges = [
        ("startAgentflow_0", "customFunctionAgentflow_0"),
        ("startAgentflow_0", "customFunctionAgentflow_1"),
        ("customFunctionAgentflow_1", "directReplyAgentflow_0"),
    ]
    flow = agentflow(nodes, edges)
    context = run_context(question="Q", javascript=functions.javascript(), checkpoint=kept)
    await cut_off(flow, context, functions)

    second = again(context)
    await run_flow(flow, second, CATALOGUE)

    assert second.events.of("token") == ["one", "bye"]  # type: ignore[attr-defined]
    assert functions.calls == ["first", "second", "second"]


async def test_model_call_of_a_kept_node_is_not_made_twice_and_its_words_stay_in_the_conversation() -> None:
    functions, kept = Functions(), KeptInMemory()
    model = ScriptedChatModel("hello", "final")
    factory = InMemoryFactory(chatScripted=model)
    context = run_context(question="Q", javascript=functions.javascript(), checkpoint=kept, nodes=factory)
    flow = chain(start(), llm(0), function(1, "return second()"), llm(1))
    await cut_off(flow, context, functions)

    result = await run_flow(flow, again(context), CATALOGUE)

    assert result.text == "final"
    assert len(model.calls) == 2
    assert "hello" in [text for _, text in model.calls[1].texts]


async def test_finished_items_of_an_iteration_are_kept() -> None:
    functions, kept = Functions(), KeptInMemory()
    inside = [function(0, "return first()", parent="iterationAgentflow_0"), function(1, "return second()", parent="iterationAgentflow_0")]
    flow = agentflow(
        [start(), node("iterationAgentflow_0", {"iterationInput": "[1, 2, 3]"}), *inside],
        [("startAgentflow_0", "iterationAgentflow_0"), ("customFunctionAgentflow_0", "customFunctionAgentflow_1")],
    )
    context = run_context(question="Q", javascript=functions.javascript(), checkpoint=kept)
    functions.is_open = True

    def close_after_first_item(data: Mapping[str, Any]) -> None:
        functions.is_open = data["iteration"]["count"] == 0

    kept.on_save = close_after_first_item
    await cut_off(flow, context, functions)
    kept.on_save = lambda data: None

    result = await run_flow(flow, again(context), CATALOGUE)

    # Of the item that was cut off, the node that had finished is kept, too.
    assert functions.calls == ["first", "second"] * 2 + ["second"] + ["first", "second"]
    assert result.executed is not None
    assert [item["data"].get("iterationIndex") for item in result.executed] == [None, 0, 0, 1, 1, 2, 2, None]
    assert result.executed[-1]["data"]["output"]["iterationResults"] == ["two", "two", "two"]


async def test_flow_that_was_changed_meanwhile_is_run_from_its_start() -> None:
    functions, kept = Functions(), KeptInMemory()
    context = run_context(question="Q", javascript=functions.javascript(), checkpoint=kept)
    parts = (start(), function(0, "return first()"), function(1, "return second()"))
    await cut_off(chain(*parts, version="1"), context, functions)

    second = again(context)
    await run_flow(chain(*parts, version="2"), second, CATALOGUE)

    assert functions.calls == ["first", "second"] * 2
    assert notes_of(second) == ["the flow was changed since the last attempt: nothing of that is kept"]


async def test_short_flow_keeps_nothing_because_nothing_follows() -> None:
    kept = KeptInMemory()

    await run_flow(
        chain(start(), llm()),
        run_context(question="Q", checkpoint=kept, nodes=InMemoryFactory(chatScripted=ScriptedChatModel("x"))),
        CATALOGUE,
    )

    assert kept.saves == 0


async def test_resumed_run_whose_worker_is_lost_goes_on_in_another_attempt() -> None:
    functions, kept = Functions(), KeptInMemory()
    asks = {"humanInputDescriptionType": "fixed", "humanInputDescription": "Go on?"}
    nodes = [start(), node("humanInputAgentflow_0", asks), function(1, "return second()")]
    flow = agentflow(nodes, [("startAgentflow_0", "humanInputAgentflow_0"), ("humanInputAgentflow_0", "customFunctionAgentflow_1", 0)])
    first = run_context(question="Q", javascript=functions.javascript())
    await run_flow(flow, first, CATALOGUE)
    answer = RunRequest(has_question=False, human_input={"type": "proceed"})
    resumed = replace(first, request=answer, checkpoint=kept, events=RecordingEventSink(), trace=RecordingTrace())
    await cut_off(flow, resumed, functions)

    second = again(resumed)
    result = await run_flow(flow, second, CATALOGUE)

    assert result.text == "two"
    assert result.clears_action
    assert functions.calls == ["second", "second"]
    told = [(event["nodeId"], event["status"]) for event in second.events.of("nextAgentFlow")]  # type: ignore[attr-defined]
    assert told == [
        ("humanInputAgentflow_0", "INPROGRESS"),
        ("humanInputAgentflow_0", "FINISHED"),
        ("customFunctionAgentflow_1", "INPROGRESS"),
        ("customFunctionAgentflow_1", "FINISHED"),
    ]


async def test_answer_of_a_human_that_was_not_taken_yet_is_told_once() -> None:
    kept = KeptInMemory()
    asks = {"humanInputDescriptionType": "fixed", "humanInputDescription": "Go on?"}
    flow = agentflow(
        [start(), node("humanInputAgentflow_0", asks), reply()],
        [("startAgentflow_0", "humanInputAgentflow_0"), ("humanInputAgentflow_0", "directReplyAgentflow_0", 0)],
    )
    first = run_context(question="Q")
    await run_flow(flow, first, CATALOGUE)
    answer = RunRequest(has_question=False, human_input={"type": "proceed"})
    resumed = replace(first, request=answer, checkpoint=kept, events=RecordingEventSink(), trace=RecordingTrace())

    def lose_the_worker(data: Any) -> None:
        raise asyncio.CancelledError

    kept.on_save = lose_the_worker
    task = asyncio.create_task(run_flow(flow, resumed, CATALOGUE))
    await asyncio.wait([task])
    kept.on_save = lambda data: None

    second = again(resumed)
    result = await run_flow(flow, second, CATALOGUE)

    assert result.text == "done"
    told = [(event["nodeId"].partition("Agentflow")[0], event["status"]) for event in second.events.of("nextAgentFlow")]  # type: ignore[attr-defined]
    assert told == [
        ("humanInput", "INPROGRESS"),
        ("humanInput", "FINISHED"),
        ("directReply", "INPROGRESS"),
        ("directReply", "FINISHED"),
    ]
    assert second.events.text() == "done"  # type: ignore[attr-defined]


async def test_node_that_finished_inside_the_first_item_is_kept_with_its_state() -> None:
    functions, kept = Functions(), KeptInMemory()
    parent = "iterationAgentflow_0"
    update = [{"key": "seen", "value": "{{ output }}"}]
    first = node(
        "customFunctionAgentflow_0",
        {"customFunctionJavascriptFunction": "return first()", "customFunctionUpdateState": update},
        label="F0",
        parent=parent,
    )
    flow = agentflow(
        [
            start(startState=[{"key": "seen", "value": ""}]),
            node(parent, {"iterationInput": "[1]"}),
            first,
            function(1, "return second()", parent=parent),
        ],
        [("startAgentflow_0", parent), ("customFunctionAgentflow_0", "customFunctionAgentflow_1")],
    )
    context = run_context(question="Q", javascript=functions.javascript(), checkpoint=kept)
    await cut_off(flow, context, functions)

    result = await run_flow(flow, again(context), CATALOGUE)

    assert functions.calls == ["first", "second", "second"]
    assert result.executed is not None
    assert [item["nodeLabel"] for item in result.executed][1:3] == ["F0", "F1"]
    assert result.executed[-1]["data"]["output"]["iterationResults"] == ["two"]
    assert result.executed[-1]["data"]["state"] == {"seen": "one"}
