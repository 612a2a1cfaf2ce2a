"""Iterations that lie in other iterations."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from agentflow_building import CATALOGUE, agentflow, llm, node, reply, start

from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow
from flowisectl.engine.result import FlowResult
from flowisectl.engine.run import run_flow
from flowisectl.testing import InMemoryFactory, PythonJavaScript, RecordingEventSink, RecordingTrace, ScriptedChatModel, run_context

OUTER, INNER = "iterationAgentflow_0", "iterationAgentflow_1"


def nested(
    *inside: Mapping[str, Any], rows: str = '[["a", "b"], ["c"]]', edges: tuple[tuple[str, str], ...] = (), **start_inputs: Any
) -> Flow:
    """A flow that goes through rows and, inside that, through the cells of each row."""
    return agentflow(
        [
            start(**start_inputs),
            node(OUTER, {"iterationInput": rows}),
            node(INNER, {"iterationInput": "{{ $iteration }}"}, parent=OUTER),
            *inside,
        ],
        [("startAgentflow_0", OUTER), *edges],
    )


def said(number: int, message: str, *, parent: str = INNER) -> dict[str, Any]:
    return {**reply(number, message), "parentNode": parent, "extent": "parent"}


def shown(result: FlowResult) -> list[tuple[str, int | None, str | None]]:
    """Of every executed node its id, the number of its item and the container of that."""
    assert result.executed is not None
    return [(item["nodeId"], item["data"].get("iterationIndex"), item["data"].get("parentNodeId")) for item in result.executed]


async def test_inner_iteration_goes_through_the_list_that_is_the_outer_one_s_item() -> None:
    context = run_context(question="Q")

    result = await run_flow(nested(said(0, "<{{ $iteration }}>")), context, CATALOGUE)

    assert result.executed is not None
    assert result.executed[-1]["data"]["output"]["iterationResults"] == ["<a>\n<b>", "<c>"]
    assert result.text == "<a>\n<b>\n<c>"


async def test_executed_nodes_tell_of_the_item_that_they_ran_for_and_stand_before_their_container() -> None:
    result = await run_flow(nested(said(0, "{{ $iteration }}")), run_context(question="Q"), CATALOGUE)

    leaf = "directReplyAgentflow_0"
    assert shown(result) == [
        ("startAgentflow_0", None, None),
        (leaf, 0, INNER),
        (leaf, 1, INNER),
        (INNER, 0, OUTER),
        (leaf, 0, INNER),
        (INNER, 1, OUTER),
        (OUTER, None, None),
    ]
    assert result.executed is not None
    assert result.executed[4]["data"]["iterationContext"] == {
        "index": 0,
        "value": "c",
        "isFirst": True,
        "isLast": True,
        "sessionId": "session-1",
    }


async def test_events_of_all_levels_come_in_the_order_of_the_work_and_only_the_top_level_tells_the_list() -> None:
    context = run_context(question="Q")

    await run_flow(nested(said(0, "{{ $iteration }}"), rows='[["a"]]'), context, CATALOGUE)

    events = context.events
    assert isinstance(events, RecordingEventSink)
    told = [(event["nodeId"], event["status"]) for event in events.of("nextAgentFlow")]
    leaf = "directReplyAgentflow_0"
    assert told[2:] == [
        (OUTER, "INPROGRESS"),
        (INNER, "INPROGRESS"),
        (leaf, "INPROGRESS"),
        (leaf, "FINISHED"),
        (INNER, "FINISHED"),
        (OUTER, "FINISHED"),
    ]
    assert [len(items) for items in events.of("agentFlowExecutedData")] == [1, 4]
    assert events.of("token") == []


async def test_inner_nodes_see_the_flow_state_and_every_level_around_them() -> None:
    flow = nested(
        said(0, "row of {{ iterationAgentflow_2.output.none }}", parent=OUTER),
        node(
            "customFunctionAgentflow_0",
            {"customFunctionJavascriptFunction": "count", "customFunctionUpdateState": [{"key": "n", "value": "{{ output }}"}]},
            parent=INNER,
        ),
        said(1, "{{ startAgentflow_0.output.question }} {{ directReplyAgentflow_0 }} {{ $flow.state.n }}"),
        edges=(("directReplyAgentflow_0", INNER), ("customFunctionAgentflow_0", "directReplyAgentflow_1")),
        startState=[{"key": "n", "value": "0"}],
    )
    counted: list[int] = []

    async def count(variables: Any, host: Any) -> str:
        counted.append(1)
        return str(len(counted))

    result = await run_flow(flow, run_context(question="Q", javascript=PythonJavaScript({"count": count})), CATALOGUE)

    before = "Q row of {{ iterationAgentflow_2.output.none }}"
    assert result.text == f"{before} 1\n{before} 2\n{before} 3"
    assert result.executed is not None
    assert result.executed[-1]["data"]["state"] == {"n": "3"}


async def test_flow_state_goes_from_cell_to_cell_and_from_row_to_row() -> None:
    append = [{"key": "seen", "value": "{{ $flow.state.seen }}{{ $iteration }}"}]
    model = ScriptedChatModel("1", "2", "3")
    flow = nested(llm(0, parent=INNER, llmUpdateState=append), startState=[{"key": "seen", "value": ">"}])

    result = await run_flow(flow, run_context(question="Q", nodes=InMemoryFactory(chatScripted=model)), CATALOGUE)

    assert result.executed is not None
    assert [item["data"]["state"]["seen"] for item in result.executed if item["nodeId"] == "llmAgentflow_0"] == [">a", ">ab", ">abc"]
    assert result.executed[-1]["data"]["state"] == {"seen": ">abc"}


async def test_long_iteration_of_questions_is_not_kept_after_every_item() -> None:
    kept = KeptAsJson()
    model = ScriptedChatModel(*(str(number) for number in range(300)))
    context = run_context(question="Q", nodes=InMemoryFactory(chatScripted=model), checkpoint=kept)
    flow = agentflow(
        [start(), node(OUTER, {"iterationInput": str(list(range(1, 301)))}), llm(0, parent=OUTER), reply(0)],
        [("startAgentflow_0", OUTER), (OUTER, "directReplyAgentflow_0")],
    )

    await run_flow(flow, context, CATALOGUE)

    assert len(model.calls) == 300
    assert 64 <= kept.saves < 200


async def test_models_inside_begin_every_item_without_the_words_of_the_others() -> None:
    model = ScriptedChatModel("1", "2", "3")
    context = run_context(question="Q", nodes=InMemoryFactory(chatScripted=model))
    flow = nested(llm(0, parent=INNER, llmUserMessage="do {{ $iteration }}"))

    result = await run_flow(flow, context, CATALOGUE)

    assert [call.texts for call in model.calls] == [[("user", "Q"), ("user", f"do {cell}")] for cell in "abc"]
    assert result.text == "1\n2\n3"


async def test_item_that_fails_inside_fails_neither_its_row_nor_the_run() -> None:
    flow = nested(said(0, "{{ $iteration }}"), rows='[["a"], "no list", ["c"]]')

    result = await run_flow(flow, run_context(question="Q"), CATALOGUE)

    assert result.executed is not None
    results = result.executed[-1]["data"]["output"]["iterationResults"]
    assert results[0::2] == ["a", "c"]
    assert results[1].startswith("Error in iteration 2: Invalid input array")


async def test_three_levels_deep() -> None:
    third = "iterationAgentflow_2"
    flow = agentflow(
        [
            start(),
            node(OUTER, {"iterationInput": "[[[1, 2], [3]], [[4]]]"}),
            node(INNER, {"iterationInput": "{{ $iteration }}"}, parent=OUTER),
            node(third, {"iterationInput": "{{ $iteration }}"}, parent=INNER),
            said(0, "n{{ $iteration }}", parent=third),
        ],
        [("startAgentflow_0", OUTER)],
    )

    result = await run_flow(flow, run_context(question="Q"), CATALOGUE)

    assert result.text == "n1\nn2\nn3\nn4"


async def test_containers_that_lie_in_each_other_do_not_hold_up_the_flow() -> None:
    flow = agentflow(
        [
            start(),
            reply(0, "fine"),
            node(OUTER, {"iterationInput": "[1]"}, parent=INNER),
            node(INNER, {"iterationInput": "[1]"}, parent=OUTER),
        ],
        [("startAgentflow_0", "directReplyAgentflow_0")],
    )

    result = await run_flow(flow, run_context(question="Q"), CATALOGUE)

    assert result.text == "fine"


async def test_node_whose_container_is_gone_runs_where_its_edges_lead_to_it() -> None:
    lost = node("directReplyAgentflow_0", {"directReplyMessage": "reached"}, parent="iterationAgentflow_9")
    alone = node("directReplyAgentflow_1", {"directReplyMessage": "never"}, parent="iterationAgentflow_9")

    result = await run_flow(
        agentflow([start(), lost, alone], [("startAgentflow_0", "directReplyAgentflow_0")]), run_context(question="Q"), CATALOGUE
    )

    assert result.text == "reached"
    assert [node_id for node_id, _, _ in shown(result)] == ["startAgentflow_0", "directReplyAgentflow_0"]


class Cells:
    """User code that notes which cells it was called for, and never comes back from one of them."""

    def __init__(self, lost_in: str) -> None:
        self.calls: list[str] = []
        self.asked = asyncio.Event()
        self.lost_in = lost_in

    async def __call__(self, variables: Mapping[str, Any], host: Any) -> str:
        cell = str(variables["$cell"])
        self.calls.append(cell)
        if cell == self.lost_in:
            self.asked.set()
            await asyncio.Event().wait()
        return cell.upper()


class KeptAsJson:
    def __init__(self) -> None:
        self.text: bytes | None = None
        self.saves = 0

    async def load(self) -> Mapping[str, Any] | None:
        return None if self.text is None else orjson.loads(self.text)

    async def save(self, data: Mapping[str, Any]) -> None:
        self.text = orjson.dumps(data)
        self.saves += 1


@pytest.mark.parametrize("lost_in", ["a", "b", "c", "d", "e"])
async def test_another_attempt_goes_on_in_the_cell_that_was_under_way(lost_in: str) -> None:
    inputs = {
        "customFunctionJavascriptFunction": "cell",
        "customFunctionInputVariables": [{"variableName": "cell", "variableValue": "{{ $iteration }}"}],
    }
    update = [{"key": "last", "value": "{{ output }}"}]
    flow = nested(
        node("customFunctionAgentflow_0", {**inputs, "customFunctionUpdateState": update}, parent=INNER),
        node("customFunctionAgentflow_1", inputs, parent=INNER),
        rows='[["a", "b"], ["c", "d"], ["e"]]',
        edges=(("customFunctionAgentflow_0", "customFunctionAgentflow_1"),),
        startState=[{"key": "last", "value": ""}],
    )
    undisturbed = run_context(question="Q", javascript=PythonJavaScript({"cell": Cells("")}))
    whole = await run_flow(flow, undisturbed, CATALOGUE)
    cells = Cells(lost_in)
    context: RunContext = run_context(question="Q", javascript=PythonJavaScript({"cell": cells}), checkpoint=KeptAsJson())
    task = asyncio.create_task(run_flow(flow, context, CATALOGUE))
    await asyncio.wait_for(cells.asked.wait(), 5)
    task.cancel()
    await asyncio.wait([task])
    cells.lost_in = ""

    result = await run_flow(flow, replace(context, events=RecordingEventSink(), trace=RecordingTrace()), CATALOGUE)

    assert cells.calls.count(lost_in) == 3
    assert all(cells.calls.count(cell) == 2 for cell in "abcde" if cell != lost_in)
    assert result.executed == whole.executed
