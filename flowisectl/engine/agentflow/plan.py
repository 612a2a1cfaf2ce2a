"""The wiring of an agentflow, worked out once for a flow: who follows whom, and what a node must wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flowisectl.engine.agentflow.js_values import compact_json
from flowisectl.engine.flow import Flow, FlowEdge, FlowNode
from flowisectl.errors import InvalidFlow

START = "startAgentflow"
LOOP = "loopAgentflow"
ITERATION = "iterationAgentflow"
HUMAN_INPUT = "humanInputAgentflow"
BRANCHING = frozenset({"conditionAgentflow", "conditionAgentAgentflow", HUMAN_INPUT})
"""Nodes whose `output.conditions` choose among their edges."""


VARIABLES = "$vars"
HISTORY = ("chat_history", "chatHistory")


class WrongStart(InvalidFlow):
    """A flow has not one start. The text is for the flow's author, with ids; `told` is what clients know it by."""

    def __init__(self, message: str, told: str) -> None:
        super().__init__(message)
        self.told = told


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """When a node may run: all of `expected` have arrived, and of every group at least one has.

    A group are the parents that hang on one branching node: only one of its branches is ever taken.
    """

    expected: frozenset[str] = frozenset()
    groups: tuple[frozenset[str], ...] = ()

    def is_met(self, arrived: Sequence[str]) -> bool:
        return self.expected.issubset(arrived) and not any(group.isdisjoint(arrived) for group in self.groups)


@dataclass(frozen=True, kw_only=True)
class FlowPlan:
    """The nodes of one level: the flow's own, or those inside one iteration."""

    nodes: Mapping[str, FlowNode]
    starts: tuple[str, ...]
    edges_from: Mapping[str, tuple[FlowEdge, ...]]
    parents: Mapping[str, tuple[str, ...]]
    """The sources of a node's edges, in the order of the edges."""
    requirements: Mapping[str, Requirement]
    mentions: Mapping[str, frozenset[str]]
    """Node → which of the costly names its inputs mention, so that variables and messages are read only where needed."""
    inner: Mapping[str, FlowPlan] = field(default_factory=dict)
    """Iteration node → the plan of what lies inside it."""

    def is_end(self, node_id: str) -> bool:
        return not self.edges_from.get(node_id)


def plan_of(flow: Flow) -> FlowPlan:
    """The plan of a flow; it is made once and kept on the flow. Raises InvalidFlow."""
    kept = flow.__dict__.get("_agentflow_plan")
    if isinstance(kept, FlowPlan):
        return kept
    plan = make_plan(flow.nodes, flow.edges, name=flow.id or flow.name)
    flow.__dict__["_agentflow_plan"] = plan
    return plan


def make_plan(nodes: Sequence[FlowNode], edges: Sequence[FlowEdge], *, name: str = "") -> FlowPlan:
    """Work out the plan of the top level and of every iteration in it. Raises InvalidFlow when the flow has no single start."""
    containers = {node.id for node in nodes if node.name == ITERATION}
    children: dict[str, list[FlowNode]] = {}
    for node in nodes:
        # What lies in a container that is gone is reached like any other node, but no run begins there.
        children.setdefault(node.parent_id if node.parent_id in containers else "", []).append(node)
    plan = _level_in("", children, edges)
    inside = {node.id for node in nodes if node.parent_id}
    # What only the inside of an iteration leads to is no start; it is never reached, as existing flows have it.
    entered = {edge.target for edge in edges if edge.source in inside}
    plan = replace(plan, starts=tuple(node_id for node_id in plan.starts if node_id not in inside and node_id not in entered))
    _check(plan, f"flow {name or '(file)'}")
    return plan


def _check(plan: FlowPlan, where: str) -> None:
    """Raises InvalidFlow for a flow that has not one start, or whose nodes all wait for each other right behind it."""
    if not plan.nodes:
        raise WrongStart(f"{where}: no starting node found: the flow has no nodes; begin with a Start node", "Start input type not found")
    if not plan.starts:
        entered = "; ".join(f"{node.id} from {', '.join(plan.parents[node.id])}" for node in plan.nodes.values() if node.name == START)
        remedy = f"remove the edges into the Start node ({entered})" if entered else "begin with a Start node"
        raise InvalidFlow(f"{where}: no starting node found: every node has an edge coming in; {remedy}")
    if len(plan.starts) > 1:
        found = f"{where}: multiple starting nodes are found ({', '.join(plan.starts)}): connect or remove all but one of them"
        raise WrongStart(found, "Multiple starting nodes are not allowed")
    possible = _possible(plan)
    if any(plan.is_end(node_id) for node_id in possible):
        return
    stuck = [node_id for node_id in plan.nodes if node_id not in possible and not possible.isdisjoint(plan.parents[node_id])]
    waits = "; ".join(f"{node_id} waits for {', '.join(p for p in plan.parents[node_id] if p not in possible)}" for node_id in stuck)
    if stuck:
        raise InvalidFlow(
            f"{where}: its nodes wait for each other in a circle and none would run ({waits}): go back with a Loop node instead"
        )


def _possible(plan: FlowPlan) -> set[str]:
    """The nodes that some run reaches along edges. Loops jump as well, but nothing need follow them: where one is reached is an end."""
    found: set[str] = set()
    waiting = list(plan.starts)
    while waiting:
        node_id = waiting.pop()
        if node_id in found:
            continue
        found.add(node_id)
        waiting += [edge.target for edge in plan.edges_from[node_id] if plan.requirements[edge.target].is_met(tuple(found))]
    return found


def _level_in(container: str, children: Mapping[str, Sequence[FlowNode]], edges: Sequence[FlowEdge]) -> FlowPlan:
    """What lies in a container, iterations inside it with what lies in them; an empty id stands for the flow itself.

    Containers that lie in each other are in no level, so the walk ends.
    """
    nodes = children.get(container, ())
    return _level(nodes, edges, {node.id: _level_in(node.id, children, edges) for node in nodes if node.name == ITERATION})


def _level(nodes: Sequence[FlowNode], edges: Sequence[FlowEdge], inner: Mapping[str, FlowPlan]) -> FlowPlan:
    by_id = {node.id: node for node in nodes}
    edges_from: dict[str, list[FlowEdge]] = {node.id: [] for node in nodes}
    parents: dict[str, list[str]] = {node.id: [] for node in nodes}
    for edge in edges:
        if edge.source in by_id and edge.target in by_id:
            edges_from[edge.source].append(edge)
            parents[edge.target].append(edge.source)
    return FlowPlan(
        nodes=by_id,
        starts=tuple(node.id for node in nodes if not parents[node.id]),
        edges_from={node_id: tuple(found) for node_id, found in edges_from.items()},
        parents={node_id: tuple(found) for node_id, found in parents.items()},
        requirements={node.id: _requirement(node.id, by_id, parents) for node in nodes},
        mentions={node.id: mentioned(node.inputs) for node in nodes},
        inner=inner,
    )


def mentioned(inputs: Mapping[str, Any]) -> frozenset[str]:
    """Which of the names that cost a database query stand anywhere in a node's inputs."""
    text = compact_json(inputs)
    return frozenset(name for name in (VARIABLES, *HISTORY) if name in text)


def _requirement(node_id: str, nodes: Mapping[str, FlowNode], parents: Mapping[str, Sequence[str]]) -> Requirement:
    expected: set[str] = set()
    groups: dict[str, set[str]] = {}
    for source in parents[node_id]:
        branching = _branching_ancestor(source, nodes, parents)
        if branching is None:
            expected.add(source)
        else:
            groups.setdefault(branching, set()).add(source)
    return Requirement(expected=frozenset(expected), groups=tuple(frozenset(group) for group in groups.values()))


def _branching_ancestor(node_id: str, nodes: Mapping[str, FlowNode], parents: Mapping[str, Sequence[str]]) -> str | None:
    """The branching node that a node hangs on: itself, or the nearest one up the first incoming edges."""
    seen: set[str] = set()
    while node_id not in seen:
        if nodes[node_id].name in BRANCHING:
            return node_id
        seen.add(node_id)
        above = parents[node_id]
        if not above:
            return None
        node_id = above[0]
    return None
