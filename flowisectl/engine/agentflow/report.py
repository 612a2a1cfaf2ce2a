"""What the outside learns of an agentflow run while it runs: events for the client, lines for the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.agentflow.js_values import text_of
from flowisectl.engine.agentflow.plan import FlowPlan
from flowisectl.engine.agentflow.state import AgentflowState, NodeExecution, RunStatus
from flowisectl.engine.context import RunContext
from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.engine.flow import FlowNode

KEPT = "KEPT"
"""What the trace calls a node whose result an earlier attempt has left."""


class RunReport:
    """Sends a run's events in the order that clients know. Runs that nobody watches make none.

    Inside an iteration only the nodes report; the run and the list of executed nodes belong to the top level.
    """

    def __init__(self, context: RunContext, *, is_inner: bool = False) -> None:
        self._context = context
        self.is_watched = context.is_streaming and not context.is_tool_call
        self._tells_run = self.is_watched and not is_inner

    def run(self, status: str) -> None:
        if self._tells_run:
            self._emit(EventKind.AGENT_FLOW_EVENT, str(status))

    def node_started(self, node: FlowNode) -> None:
        self._context.trace.node_started(node.id, node.name, node.label)
        if self.is_watched:
            self._emit(EventKind.NEXT_AGENT_FLOW, {"nodeId": node.id, "nodeLabel": node.label, "status": str(RunStatus.INPROGRESS)})

    def node_ended(self, node: FlowNode, status: str, error: str = "", *, tells_error: bool = True) -> None:
        self._context.trace.node_ended(node.id, str(status), error)
        if self.is_watched:
            data = {"nodeId": node.id, "nodeLabel": node.label, "status": str(status)}
            self._emit(EventKind.NEXT_AGENT_FLOW, {**data, "error": error} if error and tells_error else data)

    def executed(self, executed: Sequence[NodeExecution]) -> None:
        """The whole list so far, as clients expect it after every node."""
        if self._tells_run:
            self._emit(EventKind.AGENT_FLOW_EXECUTED_DATA, [item.json for item in executed])

    def kept(self, plan: FlowPlan, state: AgentflowState, before: int) -> None:
        """Tell again what an earlier attempt has finished: its client gets this attempt whole, or goes on with the first.

        Tokens come in one piece for each node that speaks to the user.
        """
        names: list[str] = []
        # An answer of a human that is still to be taken: nothing has been done since.
        first = len(state.executed) if state.human_input else before
        for number in range(first, len(state.executed)):
            item = state.executed[number]
            node = plan.nodes.get(item.node_id)
            if node is None or "parentNodeId" in item.data:  # inside an iteration: kept with it
                continue
            names.append(item.node_label or item.node_id)
            self._context.trace.node_started(node.id, node.name, node.label)
            self._context.trace.node_ended(node.id, KEPT)
            if not self._tells_run:
                continue
            data = {"nodeId": node.id, "nodeLabel": node.label}
            self._emit(EventKind.NEXT_AGENT_FLOW, {**data, "status": str(RunStatus.INPROGRESS)})
            if plan.is_end(node.id):
                self._said(item.output)
            self._emit(EventKind.NEXT_AGENT_FLOW, {**data, "status": item.status})
            self._emit(EventKind.AGENT_FLOW_EXECUTED_DATA, [done.json for done in state.executed[: number + 1]])
        again = [node.label for node_id in state.queue if (node := plan.nodes.get(node_id)) is not None]
        self._context.trace.note(f"kept from an earlier attempt: {', '.join(names) or 'nothing'}; goes on with: {', '.join(again)}")

    def _said(self, output: Mapping[str, Any]) -> None:
        if content := output.get("content"):
            self._emit(EventKind.TOKEN, text_of(content))
        for kind in (EventKind.USED_TOOLS, EventKind.SOURCE_DOCUMENTS, EventKind.ARTIFACTS, EventKind.FILE_ANNOTATIONS):
            if found := output.get(kind.value):
                self._emit(kind, found)

    def action(self, action: Mapping[str, Any]) -> None:
        if self._tells_run:
            self._emit(EventKind.ACTION, action)

    def token(self, text: str) -> None:
        if self._tells_run:
            self._emit(EventKind.TOKEN, text)

    def _emit(self, kind: EventKind, data: Any) -> None:
        self._context.events.emit(FlowEvent(kind, data))
