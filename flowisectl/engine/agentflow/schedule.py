"""Which node may run next: pure functions from a state to the next one. No awaiting, no time, no chance.

Nodes run strictly one at a time, first in first out; branches of a fan-out take turns breadth first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowisectl.engine.agentflow.plan import BRANCHING, LOOP, FlowPlan
from flowisectl.engine.agentflow.state import AgentflowState, NodeExecution, RunStatus
from flowisectl.engine.flow import FlowEdge


@dataclass(frozen=True, kw_only=True)
class Routed:
    """A state after routing. `fallback` is what a loop that may not jump any more says instead."""

    state: AgentflowState
    fallback: str | None = None


def begin(plan: FlowPlan, **fields: Any) -> AgentflowState:
    """The state of a new run: the start nodes may run. `fields` are further fields of the state."""
    return AgentflowState(queue=plan.starts, **fields)


def next_node(state: AgentflowState) -> str | None:
    """The node that runs next, or None when the run is over."""
    return state.queue[0] if state.queue and state.status == RunStatus.INPROGRESS else None


def take(state: AgentflowState) -> AgentflowState:
    """The state with its next node taken from the queue."""
    return replace(state, queue=state.queue[1:], steps=state.steps + 1)


def record(state: AgentflowState, execution: NodeExecution, inner: Sequence[NodeExecution] = ()) -> AgentflowState:
    """The state after a node has finished or stopped: its result is kept and folded into what the run knows.

    `inner` are the executions inside an iteration; they come before the iteration's own.
    """
    data, output = execution.data, execution.output
    values = data.get("state")
    said = data.get("chatHistory")
    return replace(
        state,
        executed=(*state.executed, *inner, execution),
        values=values if isinstance(values, Mapping) else state.values,
        chat_history=(*state.chat_history, *said) if said else state.chat_history,
        form=output.get("form") or state.form,
        forgets_past=state.forgets_past or bool(output.get("ephemeralMemory")),
        status=RunStatus.STOPPED if execution.status == RunStatus.STOPPED else state.status,
    )


def fail(state: AgentflowState, execution: NodeExecution) -> AgentflowState:
    """The state after a node has failed: nothing more runs."""
    return replace(state, executed=(*state.executed, execution), queue=(), status=execution.status)


def route(plan: FlowPlan, state: AgentflowState, execution: NodeExecution, max_loop_count: int) -> Routed:
    """Send a finished node's result to the nodes that follow, and let a loop jump.

    `max_loop_count` holds for loops that have no limit of their own.
    """
    for edge in live_edges(plan, execution):
        state = _arrive(plan, state, edge)
    return _loop(plan, state, execution, max_loop_count) if execution.name == LOOP else Routed(state=state)


def live_edges(plan: FlowPlan, execution: NodeExecution) -> tuple[FlowEdge, ...]:
    """The edges that a finished node's result goes along: of a branching node those of its fulfilled conditions.

    When no condition is fulfilled, the last one counts as such.
    """
    edges = plan.edges_from.get(execution.node_id, ())
    conditions = execution.output.get("conditions")
    if execution.name not in BRANCHING or not isinstance(conditions, Sequence) or not conditions:
        return edges
    fulfilled = {index for index, condition in enumerate(conditions) if condition.get("isFulfilled")} or {len(conditions) - 1}
    dead = {f"{execution.node_id}-output-{index}" for index in range(len(conditions)) if index not in fulfilled}
    return tuple(edge for edge in edges if edge.source_handle not in dead)


def _arrive(plan: FlowPlan, state: AgentflowState, edge: FlowEdge) -> AgentflowState:
    """A result has come to a node: it is queued when it has all it waits for, and starts to wait anew after that."""
    arrived = (*state.waiting.get(edge.target, ()), edge.source)
    waiting = dict(state.waiting)
    if not plan.requirements[edge.target].is_met(arrived):
        waiting[edge.target] = arrived
        return replace(state, waiting=waiting)
    waiting.pop(edge.target, None)
    return replace(state, waiting=waiting, queue=(*state.queue, edge.target))


def _loop(plan: FlowPlan, state: AgentflowState, execution: NodeExecution, max_loop_count: int) -> Routed:
    """A limit of N allows N - 1 jumps: the jump that would be the Nth gives the fallback text instead."""
    output = execution.output
    target = str(output.get("nodeID") or "")
    if not target:
        return Routed(state=state)
    limit = output.get("maxLoopCount")
    limit = limit if isinstance(limit, int) and limit > 0 else max_loop_count
    count = state.loop_counts.get(execution.node_id, 0) + 1
    if count >= limit:
        fallback = str(output.get("fallbackMessage") or f"Loop completed after reaching maximum iteration count of {limit}.")
        return Routed(state=_with_last_content(state, fallback), fallback=fallback)
    state = replace(state, loop_counts={**state.loop_counts, execution.node_id: count}, human_input=None)
    return Routed(state=replace(state, queue=(*state.queue, target)) if target in plan.nodes else state)


def _with_last_content(state: AgentflowState, content: str) -> AgentflowState:
    last = state.executed[-1]
    data = {**last.data, "output": {**last.output, "content": content}}
    return replace(state, executed=(*state.executed[:-1], replace(last, data=data)))
