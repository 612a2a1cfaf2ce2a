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
    inner = {container: _level([node for node in nodes if node.parent_id == container], edges, {}) for container in containers}
    plan = _level([node for node in nodes if not node.parent_id], edges, inner)
    # What only the inside of an iteration leads to is no start; it is never reached, as existing flows have it.
    inside = {node.id for node in nodes if node.parent_id}
    entered = {edge.target for edge in edges if edge.source in inside}
    plan = replace(plan, starts=tuple(node_id for node_id in plan.starts if node_id not in entered))
    where = f"flow {name or '(file)'}"
    if not plan.starts:
        raise InvalidFlow(f"{where}: no starting node found: every node has an edge coming in; begin with a Start node")
    if len(plan.starts) > 1:
        raise InvalidFlow(f"{where}: multiple starting nodes are found ({', '.join(plan.starts)}): connect or remove all but one of them")
    return plan


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
