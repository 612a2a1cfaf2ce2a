"""The schedule against a second, slow reading of its rules, over random flows: what runs, in which order, and what a run knows after it.

The reading here looks at the drawn edges only, so it shares nothing with the plan that the schedule works from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flowisectl.engine.agentflow import schedule
from flowisectl.engine.agentflow.plan import FlowPlan, make_plan
from flowisectl.engine.agentflow.state import AgentflowState, NodeExecution, RunStatus
from flowisectl.engine.flow import FlowEdge, FlowNode
from flowisectl.errors import InvalidFlow

PLAIN, CHOICE, AGENT, HUMAN, LOOP = "llmAgentflow", "conditionAgentflow", "conditionAgentAgentflow", "humanInputAgentflow", "loopAgentflow"
CHOOSING = (CHOICE, AGENT, HUMAN)
MOST_STEPS = 150
LOOPS_OF_THE_RUN = 3


@dataclass
class Drawn:
    """A flow as it was drawn, and what its nodes will answer."""

    kinds: dict[str, str]
    edges: list[tuple[str, str, int | None]]
    """Source, target, and the number of the source's output when the source chooses."""
    outputs: dict[str, dict[str, Any]]

    def plan(self) -> FlowPlan:
        nodes = [
            FlowNode(
                id=node_id,
                name=kind,
                label=node_id.upper(),
                category="Agent Flows",
                inputs={"loopBackToNode": f"{self.outputs[node_id].get('nodeID', '')}-Label"} if kind == LOOP else {},
                params={},
                anchors={},
                output="",
                output_options=(),
                credential_id="",
                parent_id="",
                data={},
            )
            for node_id, kind in self.kinds.items()
        ]
        edges = [
            FlowEdge(
                id=f"{number}",
                source=source,
                target=target,
                source_handle=f"{source}-output-{self.kinds[source] if output is None else output}",
                target_handle=target,
            )
            for number, (source, target, output) in enumerate(self.edges)
        ]
        return make_plan(nodes, edges)


@dataclass
class Reading:
    """What the rules say about a flow: the slow way."""

    drawn: Drawn
    order: list[str] = field(default_factory=list)
    fallbacks: list[str] = field(default_factory=list)

    def run(self) -> Reading:
        queue = [node_id for node_id in self.drawn.kinds if not self._into(node_id)]
        came: dict[str, set[str]] = {}
        jumps: dict[str, int] = {}
        while queue and len(self.order) < MOST_STEPS:
            node_id = queue.pop(0)
            self.order.append(node_id)
            for target in self._goes_to(node_id):
                came.setdefault(target, set()).add(node_id)
                if self._has_all(target, came[target]):
                    came.pop(target)
                    queue.append(target)
            output = self.drawn.outputs[node_id]
            if self.drawn.kinds[node_id] == LOOP and "nodeID" in output:
                jumps[node_id] = jumps.get(node_id, 0) + 1
                if jumps[node_id] >= (output.get("maxLoopCount") or LOOPS_OF_THE_RUN):
                    jumps[node_id] -= 1
                    self.fallbacks.append(output.get("fallbackMessage") or "")
                elif output["nodeID"] in self.drawn.kinds:
                    queue.append(output["nodeID"])
        return self

    def _into(self, node_id: str) -> list[str]:
        return [source for source, target, _ in self.drawn.edges if target == node_id]

    def _goes_to(self, node_id: str) -> list[str]:
        conditions = self.drawn.outputs[node_id].get("conditions")
        found = []
        for source, target, output in self.drawn.edges:
            if source != node_id:
                continue
            if self.drawn.kinds[node_id] in CHOOSING and conditions and output is not None and output < len(conditions):
                met = [bool(condition.get("isFulfilled")) for condition in conditions]
                if not any(met):
                    met[-1] = True
                if not met[output]:
                    continue
            found.append(target)
        return found

    def _has_all(self, target: str, came: set[str]) -> bool:
        parents = self._into(target)
        chosen = {parent: self._choice_above(parent) for parent in parents}
        alone = all(parent in came for parent in parents if chosen[parent] is None)
        groups = {choice for choice in chosen.values() if choice is not None}
        return alone and all(any(parent in came for parent in parents if chosen[parent] == choice) for choice in groups)

    def _choice_above(self, node_id: str) -> str | None:
        seen: list[str] = []
        while self.drawn.kinds[node_id] not in CHOOSING:
            if node_id in seen or not self._into(node_id):
                return None
            seen.append(node_id)
            node_id = self._into(node_id)[0]
        return node_id


def ran(level: FlowPlan, drawn: Drawn, *, through_json: bool = False) -> tuple[AgentflowState, list[str]]:
    """The state after a run by the schedule, and the fallbacks that were said."""
    state, fallbacks = schedule.begin(level), []
    while (node_id := schedule.next_node(state)) is not None and len(state.executed) < MOST_STEPS:
        state = schedule.take(state)
        node, number = level.nodes[node_id], len(state.executed)
        output = {**drawn.outputs[node_id], "number": number}
        data = {
            "id": node_id,
            "name": node.name,
            "output": output,
            "state": {"last": number},
            "chatHistory": [{"role": "user", "content": number}],
        }
        done = NodeExecution(node_id=node_id, node_label=node.label, previous=level.parents[node_id], status=RunStatus.FINISHED, data=data)
        routed = schedule.route(level, schedule.record(state, done), done, LOOPS_OF_THE_RUN)
        state = routed.state
        if routed.fallback is not None:
            fallbacks.append(routed.fallback)
        if through_json:
            again = AgentflowState.from_json(json.loads(json.dumps(state.to_json())))
            assert again == state
            state = again
    return state, fallbacks


@st.composite
def flows(draw: st.DrawFn, *, circles: bool = False) -> Drawn:
    size = draw(st.integers(2, 9))
    ids = [f"n{number}" for number in range(size)]
    kinds = {node_id: draw(st.sampled_from((PLAIN, PLAIN, *CHOOSING, LOOP))) for node_id in ids}
    kinds["n0"] = "startAgentflow"
    edges: list[tuple[str, str, int | None]] = []

    def connect(source: str, target: str) -> None:
        edges.append((source, target, draw(st.integers(0, 3)) if kinds[source] in CHOOSING else None))

    for number in range(1, size):
        sources = [node_id for node_id in ids[:number] if kinds[node_id] != LOOP]
        for source in draw(st.lists(st.sampled_from(sources), min_size=1, max_size=3)):
            connect(source, ids[number])
    if circles:
        for source, target in draw(st.lists(st.tuples(st.sampled_from(ids[1:]), st.sampled_from(ids[1:])), min_size=1, max_size=2)):
            connect(source, target)
    outputs: dict[str, dict[str, Any]] = {}
    for node_id, kind in kinds.items():
        output: dict[str, Any] = {}
        if kind in CHOOSING:
            met = draw(st.lists(st.sampled_from((True, False, None)), min_size=0, max_size=3))
            output["conditions"] = [{} if one is None else {"isFulfilled": one} for one in met]
        if kind == LOOP and draw(st.booleans()):
            output["nodeID"] = draw(st.sampled_from([*ids, "gone"]))
            output["maxLoopCount"] = draw(st.sampled_from((1, 2, 3, None)))
            output["fallbackMessage"] = draw(st.sampled_from(("enough", "stop")))
        outputs[node_id] = output
    return Drawn(kinds=kinds, edges=draw(st.permutations(edges)), outputs=outputs)


@settings(deadline=None)
@given(flows())
def test_nodes_run_in_the_order_that_the_rules_give(drawn: Drawn) -> None:
    state, fallbacks = ran(drawn.plan(), drawn)

    reading = Reading(drawn).run()
    assert [item.node_id for item in state.executed] == reading.order
    assert fallbacks == reading.fallbacks


@settings(deadline=None)
@given(flows(circles=True))
def test_flows_with_circles_run_as_the_rules_say_or_are_refused(drawn: Drawn) -> None:
    reading = Reading(drawn).run()
    try:
        level = drawn.plan()
    except InvalidFlow:
        # Refused is only what would have run into nothing: no node without a way on was reached.
        ends = {node_id for node_id in drawn.kinds if all(source != node_id for source, _, _ in drawn.edges)}
        assert ends.isdisjoint(reading.order)
        return

    state, _ = ran(level, drawn)

    assert [item.node_id for item in state.executed] == reading.order


@settings(deadline=None)
@given(flows())
def test_state_is_the_same_after_json_at_every_step(drawn: Drawn) -> None:
    level = drawn.plan()

    assert ran(level, drawn, through_json=True) == ran(level, drawn)


@settings(deadline=None)
@given(flows())
def test_every_run_ends_and_every_loop_within_its_limit(drawn: Drawn) -> None:
    assume(len(Reading(drawn).run().order) < MOST_STEPS)

    state, _ = ran(drawn.plan(), drawn)

    assert state.queue == ()
    assert state.steps == len(state.executed)
    for loop, jumps in state.loop_counts.items():
        assert jumps < (drawn.outputs[loop].get("maxLoopCount") or LOOPS_OF_THE_RUN)


@settings(deadline=None)
@given(flows())
def test_run_knows_all_that_was_said_and_the_latest_of_the_rest(drawn: Drawn) -> None:
    state, fallbacks = ran(drawn.plan(), drawn)

    assert [message["content"] for message in state.chat_history] == list(range(len(state.executed)))
    assert state.values == {"last": len(state.executed) - 1}
    for node_id in drawn.kinds:
        numbers = [item.output["number"] for item in state.executed if item.node_id == node_id]
        last = state.last_output_of(node_id)
        assert (last["number"] if last else None) == (numbers[-1] if numbers else None)
    loops = [item.node_id for item in state.executed if item.name == LOOP]
    assert state.last_loop_count == (state.loop_counts.get(loops[-1], 0) if loops else 0)
    assert [item.output["content"] for item in state.executed if "content" in item.output] == fallbacks


executions = st.builds(
    lambda number, output, said, values: (number, output, said, values),
    st.integers(0, 9),
    st.fixed_dictionaries({}, optional={"form": st.sampled_from(("", "a: b", {"a": 1})), "ephemeralMemory": st.booleans()}),
    st.none() | st.lists(st.integers(0, 9), max_size=2),
    st.none() | st.dictionaries(st.sampled_from("ab"), st.integers(0, 9), max_size=2),
)


@settings(deadline=None)
@given(st.lists(executions, max_size=6), st.integers(0, 2))
def test_results_are_folded_into_what_the_run_knows(results: Sequence[tuple[int, Mapping[str, Any], Any, Any]], inside: int) -> None:
    state = AgentflowState()
    recorded: list[str] = []
    for number, output, said, values in results:
        data: dict[str, Any] = {"id": f"n{number}", "name": PLAIN, "output": output}
        if said is not None:
            data["chatHistory"] = [{"content": word} for word in said]
        if values is not None:
            data["state"] = values
        inner = [NodeExecution(node_id=f"inner{place}", node_label="", status=RunStatus.FINISHED, data={}) for place in range(inside)]
        done = NodeExecution(node_id=f"n{number}", node_label="", status=RunStatus.FINISHED, data=data)
        state = schedule.record(state, done, inner)
        recorded += [*(item.node_id for item in inner), done.node_id]

    assert [item.node_id for item in state.executed] == recorded
    assert [message["content"] for message in state.chat_history] == [word for _, _, said, _ in results for word in said or ()]
    assert state.values == next((values for _, _, _, values in reversed(results) if values is not None), {})
    assert state.form == next((output["form"] for _, output, _, _ in reversed(results) if output.get("form")), None)
    assert state.forgets_past == any(output.get("ephemeralMemory") for _, output, _, _ in results)
    assert state.status == RunStatus.INPROGRESS


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b"]), max_size=3), st.sampled_from([RunStatus.ERROR, RunStatus.TERMINATED]))
def test_nothing_runs_after_a_failure_or_a_stop(queue: list[str], status: RunStatus) -> None:
    state = AgentflowState(queue=tuple(queue))
    item = NodeExecution(node_id="x", node_label="", status=status, data={"id": "x", "name": PLAIN, "error": "boom"})
    stopped = NodeExecution(node_id="x", node_label="", status=RunStatus.STOPPED, data={"id": "x", "name": HUMAN, "output": {}})

    assert schedule.fail(state, item).queue == ()
    assert schedule.next_node(schedule.fail(state, item)) is None
    assert schedule.next_node(schedule.record(state, stopped)) is None


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_jump_of_a_loop_takes_the_answer_of_a_human_with_it(limit: int) -> None:
    drawn = Drawn(
        kinds={"s": "startAgentflow", "l": LOOP}, edges=[("s", "l", None)], outputs={"s": {}, "l": {"nodeID": "s", "maxLoopCount": limit}}
    )
    level = drawn.plan()
    done = NodeExecution(node_id="l", node_label="", status=RunStatus.FINISHED, data={"name": LOOP, "output": drawn.outputs["l"]})
    state = AgentflowState(human_input={"type": "proceed"})

    routed = schedule.route(level, schedule.record(state, done), done, LOOPS_OF_THE_RUN)

    assert (routed.state.human_input is None) == (limit > 1)


def test_latest_output_of_a_node_counts_even_when_it_is_empty() -> None:
    items = [
        NodeExecution(node_id="a", node_label="", status=RunStatus.FINISHED, data={"id": "a", "name": PLAIN, "output": output})
        for output in ({"content": "old"}, {})
    ]

    assert AgentflowState(executed=tuple(items)).last_output_of("a") == {}
