"""What an agentflow run knows: frozen, and JSON all through, so that a run can be saved after any node and go on elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any


class RunStatus(StrEnum):
    """The states of a run and of a node, spelled as clients know them."""

    INPROGRESS = "INPROGRESS"
    FINISHED = "FINISHED"
    ERROR = "ERROR"
    TERMINATED = "TERMINATED"
    STOPPED = "STOPPED"


@dataclass(frozen=True, kw_only=True)
class NodeExecution:
    """One executed node, as the `execution` row and the clients have it.

    `data` is `{id, name, input, output, state, chatHistory?}`, or `{id, name, error}` of a node that failed; of nodes inside
    an iteration also `iterationIndex`, `iterationContext` and `parentNodeId`.
    """

    node_id: str
    node_label: str
    previous: tuple[str, ...] = ()
    status: str
    data: Mapping[str, Any]

    @cached_property
    def json(self) -> dict[str, Any]:
        """The JSON form. It is made once and shared by events, row and answer: nobody may change it."""
        return {
            "nodeId": self.node_id,
            "nodeLabel": self.node_label,
            "data": self.data,
            "previousNodeIds": list(self.previous),
            "status": str(self.status),
        }

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> NodeExecution:
        data = item.get("data")
        return cls(
            node_id=str(item.get("nodeId") or ""),
            node_label=str(item.get("nodeLabel") or ""),
            previous=tuple(str(source) for source in item.get("previousNodeIds") or ()),
            status=str(item.get("status") or ""),
            data=data if isinstance(data, Mapping) else {},
        )

    @property
    def name(self) -> str:
        return str(self.data.get("name") or "")

    @property
    def output(self) -> Mapping[str, Any]:
        output = self.data.get("output")
        return output if isinstance(output, Mapping) else {}


@dataclass(frozen=True, kw_only=True)
class AgentflowState:
    """A run between two nodes. `to_json` and `from_json` are inverse."""

    queue: tuple[str, ...] = ()
    """Nodes that may run, first in first out."""
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Node → the sources whose results have come, for nodes that need more of them."""
    loop_counts: Mapping[str, int] = field(default_factory=dict)
    """Loop node → jumps made in this run."""
    executed: tuple[NodeExecution, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    """The flow state, `$flow.state` of the nodes."""
    chat_history: tuple[Mapping[str, Any], ...] = ()
    """Messages of this run: `{role, content, name?, additional_kwargs?}`."""
    form: Any = None
    webhook: Any = None
    forgets_past: bool = False
    """The session's messages are left out (ephemeral memory)."""
    human_input: Mapping[str, Any] | None = None
    """What a human answered, until the node that asked has taken it."""
    steps: int = 0
    status: str = RunStatus.INPROGRESS

    @property
    def is_first(self) -> bool:
        """No node has said anything yet: the question belongs to the next one that speaks."""
        return not self.chat_history

    def last_output_of(self, node_id: str) -> Mapping[str, Any] | None:
        """The output of a node's latest execution."""
        for item in reversed(self.executed):
            if item.node_id == node_id:
                return item.output
        return None

    @property
    def last_loop_count(self) -> int:
        """The jumps of the loop node that ran last, else 0."""
        for item in reversed(self.executed):
            if item.name == "loopAgentflow":
                return self.loop_counts.get(item.node_id, 0)
        return 0

    def to_json(self) -> dict[str, Any]:
        return {
            "queue": list(self.queue),
            "waiting": {node_id: list(sources) for node_id, sources in self.waiting.items()},
            "loopCounts": dict(self.loop_counts),
            "executed": [item.json for item in self.executed],
            "values": dict(self.values),
            "chatHistory": list(self.chat_history),
            "form": self.form,
            "webhook": self.webhook,
            "forgetsPast": self.forgets_past,
            "humanInput": self.human_input,
            "steps": self.steps,
            "status": str(self.status),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AgentflowState:
        return cls(
            queue=tuple(data["queue"]),
            waiting={node_id: tuple(sources) for node_id, sources in data["waiting"].items()},
            loop_counts=dict(data["loopCounts"]),
            executed=executions_of(data["executed"]),
            values=data["values"],
            chat_history=tuple(data["chatHistory"]),
            form=data["form"],
            webhook=data["webhook"],
            forgets_past=data["forgetsPast"],
            human_input=data["humanInput"],
            steps=data["steps"],
            status=data["status"],
        )


def executions_of(data: Sequence[Mapping[str, Any]]) -> tuple[NodeExecution, ...]:
    """The executed nodes of a stored row."""
    return tuple(NodeExecution.from_json(item) for item in data if isinstance(item, Mapping))


def final_status(executed: Sequence[NodeExecution]) -> RunStatus:
    """How a run ended, from how its nodes did."""
    statuses = {item.status for item in executed}
    for status in (RunStatus.TERMINATED, RunStatus.ERROR, RunStatus.STOPPED):
        if status in statuses:
            return status
    return RunStatus.FINISHED
