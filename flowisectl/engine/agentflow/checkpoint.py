"""What of an agentflow run is kept after a node, so that another attempt of the job goes on behind its last finished node.

Kept is JSON: `{flow, execution, inputType, isResumed, before, state, iteration}`; `flow` is the flow's version (another one
is run from its start), `before` how many executed nodes an earlier request of the session has left, `iteration` the items that
an iteration has finished: `{node, executed, count, results, values, inner, current, nested}`, `current` the state inside the item
that comes next, as far as that has come, `nested` the same of an iteration that comes next in there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flowisectl.engine.agentflow.credentials import without_credentials
from flowisectl.engine.agentflow.plan import ITERATION, LOOP, START
from flowisectl.engine.agentflow.state import AgentflowState, NodeExecution, RunStatus, executions_of
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow

FREE = frozenset({START, LOOP, "conditionAgentflow", "directReplyAgentflow", "stickyNoteAgentflow"})
"""Nodes that cost nothing and touch nothing: doing them again is cheaper than keeping them."""
ASKING = frozenset({ITERATION, "llmAgentflow", "conditionAgentAgentflow", "retrieverAgentflow"})
"""Nodes that only ask: doing a few of them again costs, but changes nothing outside."""
_REPEATABLE = FREE | ASKING
SHORT_RUN = 64
"""Executed nodes. Up to here everything is kept at once; a longer run is kept as a whole each time, so it waits a little with what
only asks: until the run has grown by a twentieth, or a second has passed."""
_GROWTH = 1.05
_MOST_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class FinishedItems:
    """What an iteration has done: of its first items the results, the flow state after them, and their executed nodes."""

    node_id: str
    executed: int
    """How many nodes the run had executed before: it tells the same iteration in another round of a loop apart."""
    count: int = 0
    results: Sequence[Any] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    inner: Sequence[NodeExecution] = ()
    current: AgentflowState | None = None
    """What the nodes inside have done of the next item."""
    nested: FinishedItems | None = None
    """What an iteration that runs next in `current` has done."""

    def belongs_to(self, node_id: str, state: AgentflowState) -> bool:
        return (self.node_id, self.executed) == (node_id, len(state.executed))

    def failed(self, text: str) -> FinishedItems:
        """After one more item, which failed: the flow state stays as it was before it."""
        return replace(self, count=self.count + 1, results=(*self.results, text), current=None, nested=None)

    def ended(self, state: AgentflowState, about: Mapping[str, Any]) -> FinishedItems:
        """After one more item, with the state that it ended in. `about` is what its executed nodes tell of the item."""
        content = state.executed[-1].output.get("content", " ") if state.executed else None
        # Nodes of an iteration in there tell of their own item.
        executed = (item if "parentNodeId" in item.data else replace(item, data={**item.data, **about}) for item in state.executed)
        return replace(
            self,
            count=self.count + 1,
            results=(*self.results, content) if content else self.results,
            values={**self.values, **state.values},
            inner=(*self.inner, *(replace(item, data=without_credentials(item.data)) for item in executed)),
            current=None,
            nested=None,
        )

    @property
    def json(self) -> dict[str, Any]:
        return {
            "node": self.node_id,
            "executed": self.executed,
            "count": self.count,
            "results": list(self.results),
            "values": dict(self.values),
            "inner": [item.json for item in self.inner],
            "current": self.current.to_json() if self.current is not None else None,
            "nested": self.nested.json if self.nested is not None else None,
        }

    @classmethod
    def from_json(cls, done: Mapping[str, Any]) -> FinishedItems:
        return cls(
            node_id=done["node"],
            executed=done["executed"],
            count=done["count"],
            results=done["results"],
            values=done["values"],
            inner=executions_of(done["inner"]),
            current=AgentflowState.from_json(current) if (current := done.get("current")) else None,
            nested=cls.from_json(nested) if (nested := done.get("nested")) else None,
        )


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

    def __init__(
        self,
        flow: Flow,
        context: RunContext,
        *,
        execution_id: str,
        input_type: str,
        is_resumed: bool,
        before: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checkpoint = context.checkpoint
        self._now = now
        self._head = {
            "flow": flow.version,
            "execution": execution_id,
            "inputType": input_type,
            "isResumed": is_resumed,
            "before": before,
        }
        self._finished = 0
        self._finished_when_kept = 0
        self._touched = False
        """A node has finished since that must not be done again."""
        self._kept_at = 0.0

    async def resumed(self, state: AgentflowState) -> None:
        """A stopped run is about to be marked as going on: another attempt would find nothing to resume any more."""
        await self._checkpoint.save({**self._head, "state": state.to_json()})

    def finished(self, node_name: str) -> None:
        """A node has finished, at whatever depth; told before its state is offered for keeping."""
        self._finished += 1
        self._touched = self._touched or node_name not in _REPEATABLE

    async def after_node(self, state: AgentflowState, node_name: str, items: FinishedItems | None = None) -> None:
        """A node has finished and its result was sent on. The last node's is not kept: what follows is the answer.

        With `items` the node lies in the iteration that is next in the queue, or is that iteration, after one of its items.
        """
        if node_name not in FREE and state.queue and state.status == RunStatus.INPROGRESS and self._is_due():
            done = {"iteration": items.json} if items is not None else {}
            await self._checkpoint.save({**self._head, "state": state.to_json(), **done})
            self._finished_when_kept, self._touched, self._kept_at = self._finished, False, self._now()

    def _is_due(self) -> bool:
        grown = self._finished >= self._finished_when_kept * _GROWTH
        return self._finished <= SHORT_RUN or self._touched or grown or self._now() - self._kept_at >= _MOST_SECONDS


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
        items=FinishedItems.from_json(done) if done else None,
    )
