"""The schedule is pure: it is tested directly, because order, waiting and loops show best without nodes that do something."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from agentflow_building import agentflow, node
from hypothesis import given, settings
from hypothesis import strategies as st

from flowisectl.engine.agentflow import schedule
from flowisectl.engine.agentflow.plan import FlowPlan, make_plan, plan_of
from flowisectl.engine.agentflow.state import AgentflowState, NodeExecution, RunStatus
from flowisectl.engine.flow import FlowEdge, FlowNode
from flowisectl.errors import InvalidFlow

Outputs = Callable[[str], Mapping[str, Any]]


def flow_node(node_id: str, name: str = "directReplyAgentflow") -> FlowNode:
    return FlowNode(
        id=node_id,
        name=name,
        label=node_id,
        category="Agent Flows",
        inputs={},
        params={},
        anchors={},
        output="",
        output_options=(),
        credential_id="",
        parent_id="",
        data={},
    )


def edge(source: str, target: str, index: int | None = None) -> FlowEdge:
    handle = f"{source}-output-{'x' if index is None else index}"
    return FlowEdge(id=f"{handle}-{target}", source=source, target=target, source_handle=handle, target_handle=target)


def plan(names: Mapping[str, str], *edges: FlowEdge) -> FlowPlan:
    return make_plan([flow_node(node_id, name) for node_id, name in names.items()], edges)


def plain(letters: str, *edges: FlowEdge) -> FlowPlan:
    return plan(dict.fromkeys(letters, "directReplyAgentflow"), *edges)


def execution(level: FlowPlan, node_id: str, output: Mapping[str, Any]) -> NodeExecution:
    found = level.nodes[node_id]
    data = {"id": node_id, "name": found.name, "input": {}, "output": output, "state": {}}
    return NodeExecution(node_id=node_id, node_label=found.label, previous=level.parents[node_id], status=RunStatus.FINISHED, data=data)


def run(level: FlowPlan, outputs: Outputs = lambda node_id: {}, *, through_json: bool = False, limit: int = 500) -> list[str]:
    """The order in which nodes run; the state may go through JSON between any two of them."""
    state, order = schedule.begin(level), []
    while (node_id := schedule.next_node(state)) is not None:
        assert len(order) < limit, "the run does not end"
        state = schedule.take(state)
        done = execution(level, node_id, outputs(node_id))
        state = schedule.route(level, schedule.record(state, done), done, 10).state
        if through_json:
            state = AgentflowState.from_json(json.loads(json.dumps(state.to_json())))
        order.append(node_id)
    return order


def choose(**fulfilled: int) -> Outputs:
    """Branching nodes by id, each with the index of its fulfilled condition out of three."""

    def outputs(node_id: str) -> Mapping[str, Any]:
        if node_id not in fulfilled:
            return {}
        return {"conditions": [{"isFulfilled": index == fulfilled[node_id]} for index in range(3)]}

    return outputs


def test_a_node_with_several_parents_waits_for_all_of_them() -> None:
    diamond = plain("sabc", edge("s", "a"), edge("s", "b"), edge("a", "c"), edge("b", "c"))

    order = run(diamond)

    assert order == ["s", "a", "b", "c"]


def test_branches_take_turns_breadth_first() -> None:
    two_lines = plain("sabcd", edge("s", "a"), edge("s", "b"), edge("a", "c"), edge("b", "d"))

    order = run(two_lines)

    assert order == ["s", "a", "b", "c", "d"]


def test_only_the_branch_of_the_fulfilled_condition_runs() -> None:
    level = plan(
        {"s": "startAgentflow", "q": "conditionAgentflow", "a": "x", "b": "x", "c": "x"},
        edge("s", "q"),
        edge("q", "a", 0),
        edge("q", "b", 1),
        edge("q", "c", 2),
    )

    assert run(level, choose(q=1)) == ["s", "q", "b"]


def test_the_last_branch_runs_when_no_condition_is_fulfilled() -> None:
    level = plan({"q": "conditionAgentflow", "a": "x", "b": "x"}, edge("q", "a", 0), edge("q", "b", 1))

    order = run(level, lambda node_id: {"conditions": [{}, {}]} if node_id == "q" else {})

    assert order == ["q", "b"]


def test_all_edges_of_a_dead_handle_are_dead() -> None:
    level = plan({"q": "conditionAgentflow", "a": "x", "b": "x", "c": "x"}, edge("q", "a", 0), edge("q", "b", 0), edge("q", "c", 1))

    assert run(level, choose(q=1)) == ["q", "c"]


def test_a_node_behind_a_live_and_a_dead_handle_runs() -> None:
    level = plan({"q": "conditionAgentflow", "a": "x"}, edge("q", "a", 0), edge("q", "a", 1))

    assert run(level, choose(q=1)) == ["q", "a"]


def test_branches_of_one_condition_merge_on_the_first_arrival() -> None:
    level = plan(
        {"s": "startAgentflow", "q": "conditionAgentflow", "a": "x", "b": "x", "m": "x"},
        edge("s", "q"),
        edge("q", "a", 0),
        edge("q", "b", 1),
        edge("a", "m"),
        edge("b", "m"),
    )

    assert run(level, choose(q=0)) == ["s", "q", "a", "m"]
    assert run(level, choose(q=1)) == ["s", "q", "b", "m"]


def test_a_merge_of_a_condition_and_a_plain_branch_waits_for_both() -> None:
    level = plan(
        {"s": "startAgentflow", "q": "conditionAgentflow", "a": "x", "p": "x", "m": "x"},
        edge("s", "q"),
        edge("s", "p"),
        edge("q", "a", 0),
        edge("a", "m"),
        edge("p", "m"),
    )

    assert run(level, choose(q=0)) == ["s", "q", "p", "a", "m"]
    assert run(level, choose(q=2)) == ["s", "q", "p"], "what never becomes ready is dropped"


@pytest.mark.parametrize(("limit", "rounds"), [(1, 1), (3, 3), (5, 5)])
def test_a_loop_with_limit_n_goes_back_n_minus_one_times(limit: int, rounds: int) -> None:
    level = plan({"s": "startAgentflow", "a": "x", "l": "loopAgentflow"}, edge("s", "a"), edge("a", "l"))

    order = run(level, lambda node_id: {"nodeID": "a", "maxLoopCount": limit} if node_id == "l" else {})

    assert order == ["s", *["a", "l"] * rounds]


def test_a_loop_without_a_limit_of_its_own_has_the_run_s() -> None:
    level = plan({"a": "startAgentflow", "l": "loopAgentflow"}, edge("a", "l"))

    order = run(level, lambda node_id: {"nodeID": "a"} if node_id == "l" else {})

    assert order.count("l") == 10


def test_a_loop_at_its_limit_says_its_fallback_as_its_content() -> None:
    level = plan({"a": "startAgentflow", "l": "loopAgentflow"}, edge("a", "l"))
    output = {"content": "Loop back", "nodeID": "a", "maxLoopCount": 1, "fallbackMessage": "enough"}
    done = execution(level, "l", output)

    routed = schedule.route(level, schedule.record(AgentflowState(), done), done, 10)

    assert routed.fallback == "enough"
    assert routed.state.executed[-1].output["content"] == "enough"
    assert done.output["content"] == "Loop back", "what was reported before stays as it was"


def test_a_loop_to_a_node_that_is_gone_ends_the_branch() -> None:
    level = plan({"a": "startAgentflow", "l": "loopAgentflow"}, edge("a", "l"))

    assert run(level, lambda node_id: {"nodeID": "gone", "maxLoopCount": 5} if node_id == "l" else {}) == ["a", "l"]


def test_nodes_in_an_iteration_are_a_level_of_their_own() -> None:
    flow = agentflow(
        [
            node("startAgentflow_0"),
            node("iterationAgentflow_0"),
            node("directReplyAgentflow_0", parent="iterationAgentflow_0"),
            node("directReplyAgentflow_1", parent="iterationAgentflow_0"),
        ],
        [("startAgentflow_0", "iterationAgentflow_0"), ("directReplyAgentflow_0", "directReplyAgentflow_1")],
    )

    level = plan_of(flow)

    assert set(level.nodes) == {"startAgentflow_0", "iterationAgentflow_0"}
    assert level.inner["iterationAgentflow_0"].starts == ("directReplyAgentflow_0",)
    assert plan_of(flow) is level, "the plan is made once for a flow"


def test_what_only_the_inside_of_an_iteration_leads_to_is_no_start() -> None:
    level = plan_of(
        agentflow(
            [
                node("startAgentflow_0"),
                node("iterationAgentflow_0"),
                node("directReplyAgentflow_0", parent="iterationAgentflow_0"),
                node("directReplyAgentflow_1"),
            ],
            [("startAgentflow_0", "iterationAgentflow_0"), ("directReplyAgentflow_0", "directReplyAgentflow_1")],
        )
    )

    assert level.starts == ("startAgentflow_0",)
    assert run(level) == ["startAgentflow_0", "iterationAgentflow_0"]


@pytest.mark.parametrize(
    ("letters", "edges", "message"),
    [("ab", [], "multiple starting nodes.*a, b"), ("ab", [edge("a", "b"), edge("b", "a")], "no starting node")],
)
def test_a_flow_needs_one_start(letters: str, edges: list[FlowEdge], message: str) -> None:
    with pytest.raises(InvalidFlow, match=message):
        plain(letters, *edges)


def test_a_failed_run_goes_nowhere_any_more() -> None:
    level = plain("ab", edge("a", "b"))
    failed = NodeExecution(node_id="a", node_label="a", status=RunStatus.ERROR, data={"id": "a", "name": "x", "error": "boom"})

    state = schedule.fail(schedule.begin(level), failed)

    assert schedule.next_node(state) is None
    assert state.status == RunStatus.ERROR


@st.composite
def graphs(draw: st.DrawFn) -> tuple[FlowPlan, Outputs]:
    """Flows without cycles, with branching nodes and loops, and what their nodes decide."""
    size = draw(st.integers(2, 9))
    kinds = draw(st.lists(st.sampled_from(["x", "x", "conditionAgentflow", "loopAgentflow"]), min_size=size, max_size=size))
    kinds[0] = "startAgentflow"
    edges = []
    for target in range(1, size):
        parents = [number for number in range(target) if kinds[number] != "loopAgentflow"]
        edges += [
            edge(f"n{source}", f"n{target}", draw(st.integers(0, 2)) if kinds[source] == "conditionAgentflow" else None)
            for source in sorted(draw(st.sets(st.sampled_from(parents), min_size=1, max_size=3)))
        ]
    level = make_plan([flow_node(f"n{number}", kind) for number, kind in enumerate(kinds)], edges)
    choices = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    back = draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))

    def outputs(node_id: str) -> Mapping[str, Any]:
        number = int(node_id[1:])
        if kinds[number] == "conditionAgentflow":
            return {"conditions": [{"isFulfilled": index == choices[number]} for index in range(3)]}
        if kinds[number] == "loopAgentflow":
            return {"nodeID": f"n{back[number]}", "maxLoopCount": 2}
        return {}

    return level, outputs


@settings(deadline=None)
@given(graphs())
def test_every_run_ends_the_same_way_even_when_it_is_saved_between_nodes(graph: tuple[FlowPlan, Outputs]) -> None:
    level, outputs = graph

    order = run(level, outputs, limit=20_000)

    assert order == run(level, outputs, limit=20_000)
    assert order == run(level, outputs, through_json=True, limit=20_000)


@settings(deadline=None)
@given(graphs())
def test_no_node_runs_before_what_it_waits_for(graph: tuple[FlowPlan, Outputs]) -> None:
    level, outputs = graph
    loops = {node_id for node_id, found in level.nodes.items() if found.name == "loopAgentflow"}

    order = run(level, lambda node_id: {} if node_id in loops else outputs(node_id), limit=20_000)

    for position, node_id in enumerate(order):
        before = set(order[:position])
        requirement = level.requirements[node_id]
        assert requirement.expected <= before
        assert all(group & before for group in requirement.groups)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
executions = st.builds(
    NodeExecution,
    node_id=st.text(min_size=1, max_size=5),
    node_label=st.text(max_size=5),
    previous=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    status=st.sampled_from([str(status) for status in RunStatus]),
    data=st.dictionaries(st.text(max_size=5), json_values, max_size=3),
)


@settings(deadline=None)
@given(
    st.builds(
        AgentflowState,
        queue=st.lists(st.text(max_size=5), max_size=3).map(tuple),
        waiting=st.dictionaries(st.text(max_size=5), st.lists(st.text(max_size=5), max_size=2).map(tuple), max_size=2),
        loop_counts=st.dictionaries(st.text(max_size=5), st.integers(0, 9), max_size=2),
        executed=st.lists(executions, max_size=3).map(tuple),
        values=st.dictionaries(st.text(max_size=5), json_values, max_size=3),
        chat_history=st.lists(st.dictionaries(st.text(max_size=5), json_values, max_size=2), max_size=2).map(tuple),
        form=json_values,
        forgets_past=st.booleans(),
        human_input=st.none() | st.dictionaries(st.text(max_size=5), json_values, max_size=2),
        steps=st.integers(0, 1000),
        status=st.sampled_from([str(status) for status in RunStatus]),
    )
)
def test_a_state_survives_json(state: AgentflowState) -> None:
    assert AgentflowState.from_json(json.loads(json.dumps(state.to_json()))) == state
