"""What of an agentflow run is kept after a node, so that another attempt of the job goes on behind its last finished node.

Kept is JSON: `{flow, execution, inputType, isResumed, before, state, iteration}`; `flow` is the flow's version (another one
is run from its start), `before` how many executed nodes an earlier request of the session has left, `iteration` the items that
an iteration has finished: `{node, executed, count, results, values, inner, current}`, `current` the state inside the item that
comes next, as far as that has come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowisectl.engine.agentflow.plan import LOOP, START
from flowisectl.engine.agentflow.state import AgentflowState, NodeExecution, RunStatus, executions_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow

FREE = frozenset({START, LOOP, "conditionAgentflow", "directReplyAgentflow", "stickyNoteAgentflow"})
"""Nodes that cost nothing and touch nothing: doing them again is cheaper than keeping them."""


@dataclass(frozen=True, kw_only=True)
class FinishedItems:
    """What an iteration has done: of its first items the results, the flow state after them, and their executed nodes."""

    node_id: str
    executed: int
    """How many nodes the run had executed before: it tells the same iteration in another round of a loop apart."""
    count: int
    results: Sequence[Any]
    values: Mapping[str, Any]
    inner: Sequence[NodeExecution]
    current: AgentflowState | None = None
    """What the nodes inside have done of the next item."""


@dataclass(frozen=True, kw_only=True)
class KeptRun:
    """A run as an earlier attempt left it."""

    state: AgentflowState
    execution_id: str
    input_type: str
    is_resumed: bool
    before: int
    items: FinishedItems | None = None


class Keeper:
    """Keeps one run. Between two nodes the state is complete, so that is when it is kept."""

    def __init__(self, flow: Flow, context: RunContext, *, execution_id: str, input_type: str, is_resumed: bool, before: int) -> None:
        self._checkpoint = context.checkpoint
        self._head = {
            "flow": flow.version,
            "execution": execution_id,
            "inputType": input_type,
            "isResumed": is_resumed,
            "before": before,
        }

    async def resumed(self, state: AgentflowState) -> None:
        """A stopped run is about to be marked as going on: another attempt would find nothing to resume any more."""
        await self._checkpoint.save({**self._head, "state": state.to_json()})

    async def after_node(self, state: AgentflowState, node_name: str) -> None:
        """A node has finished and its result was sent on. The last node's is not kept: what follows is the answer."""
        if node_name not in FREE and state.queue and state.status == RunStatus.INPROGRESS:
            await self._checkpoint.save({**self._head, "state": state.to_json()})

    async def inside_item(self, state: AgentflowState, items: FinishedItems, node_name: str) -> None:
        """A node inside an iteration has finished, and others of its item follow."""
        if node_name not in FREE and items.current is not None and items.current.queue:
            await self.after_item(state, items)

    async def after_item(self, state: AgentflowState, items: FinishedItems) -> None:
        """An iteration, taken from the queue of this state, has finished an item or a part of one."""
        again = {**state.to_json(), "queue": [items.node_id, *state.queue], "steps": state.steps - 1}
        done = {
            "node": items.node_id,
            "executed": items.executed,
            "count": items.count,
            "results": list(items.results),
            "values": dict(items.values),
            "inner": [item.json for item in items.inner],
            "current": items.current.to_json() if items.current is not None else None,
        }
        await self._checkpoint.save({**self._head, "state": again, "iteration": done})


async def kept_run(flow: Flow, context: RunContext) -> KeptRun | None:
    """What an earlier attempt of this run has left to go on from. None in a first attempt, and when the flow was changed since."""
    data = await context.checkpoint.load()
    if data is None:
        return None
    if data["flow"] != flow.version:
        context.trace.note("the flow was changed since the last attempt: nothing of that is kept")
        return None
    done = data.get("iteration")
    return KeptRun(
        state=AgentflowState.from_json(data["state"]),
        execution_id=data["execution"],
        input_type=data["inputType"],
        is_resumed=data["isResumed"],
        before=data["before"],
        items=_items(done) if done else None,
    )


def _items(done: Mapping[str, Any]) -> FinishedItems:
    return FinishedItems(
        node_id=done["node"],
        executed=done["executed"],
        count=done["count"],
        results=done["results"],
        values=done["values"],
        inner=executions_of(done["inner"]),
        current=AgentflowState.from_json(current) if (current := done.get("current")) else None,
    )
