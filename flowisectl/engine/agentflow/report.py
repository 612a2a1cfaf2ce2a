"""What the outside learns of an agentflow run while it runs: events for the client, lines for the operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.agentflow.state import NodeExecution, RunStatus
from flowisectl.engine.context import RunContext
from flowisectl.engine.events import EventKind, FlowEvent
from flowisectl.engine.flow import FlowNode


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

    def action(self, action: Mapping[str, Any]) -> None:
        if self._tells_run:
            self._emit(EventKind.ACTION, action)

    def token(self, text: str) -> None:
        if self._tells_run:
            self._emit(EventKind.TOKEN, text)

    def _emit(self, kind: EventKind, data: Any) -> None:
        self._context.events.emit(FlowEvent(kind, data))
