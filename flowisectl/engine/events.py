"""What a run tells while it runs: one event type with a kind, one method to send it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple, Protocol


class EventKind(StrEnum):
    """The kinds that clients of Flowise know, spelled as they stand in the frames."""

    START = "start"
    TOKEN = "token"
    THINKING = "thinking"
    SOURCE_DOCUMENTS = "sourceDocuments"
    USED_TOOLS = "usedTools"
    CALLED_TOOLS = "calledTools"
    TOOL = "tool"
    ARTIFACTS = "artifacts"
    FILE_ANNOTATIONS = "fileAnnotations"
    AGENT_REASONING = "agentReasoning"
    NEXT_AGENT = "nextAgent"
    AGENT_FLOW_EVENT = "agentFlowEvent"
    NEXT_AGENT_FLOW = "nextAgentFlow"
    AGENT_FLOW_EXECUTED_DATA = "agentFlowExecutedData"
    ACTION = "action"
    USAGE_METADATA = "usageMetadata"
    AGENT_TRACE = "agent_trace"
    METADATA = "metadata"
    ABORT = "abort"
    ERROR = "error"
    END = "end"


class FlowEvent(NamedTuple):
    """One event. A tuple, because a stream makes one for each token."""

    kind: EventKind
    data: Any = None
    duration: int | None = None
    """Whole seconds; only on the closing `thinking` event."""


class EventSink(Protocol):
    """Takes the events of one run, in order. `emit` never blocks and never fails: a sink buffers."""

    def emit(self, event: FlowEvent) -> None: ...


class NoEvents:
    """A sink for runs that nobody watches."""

    def emit(self, event: FlowEvent) -> None:
        return None
