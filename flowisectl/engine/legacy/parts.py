"""What the nodes of a graph of agents build: the parts that the executor puts to work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowisectl.engine.legacy.channels import Channel
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.interfaces.moderation import Moderation
from flowisectl.interfaces.tool import Tool

FINISH = "FINISH"
"""What a supervisor says instead of a worker's name when the work is done."""

DEFAULT_STEP_LIMIT = 100


@dataclass(frozen=True, kw_only=True)
class GraphState:
    """What a graph knows: everything that was said, and the values of the flow's own state by key."""

    messages: tuple[ChatMessage, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def last_of(self, node_id: str) -> ChatMessage | None:
        """The latest message that a node left."""
        return next((message for message in reversed(self.messages) if message.extra.get("nodeId") == node_id), None)


@dataclass(frozen=True, kw_only=True)
class Update:
    """What one node adds to the state."""

    messages: tuple[ChatMessage, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools that the last message asks for."""
        return self.messages[-1].tool_calls if self.messages else ()


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What a part is given when it is its turn."""

    model: ChatModel
    """The model of the start node or the supervisor, for parts that have none of their own."""
    state: GraphState
    tools: tuple[Tool, ...] = ()
    """The tools of the tool nodes beside this part: its model may ask for them."""
    calls: tuple[ToolCall, ...] = ()
    """For a part that calls tools: what the model before it asked for."""
    team: tuple[str, ...] = ()
    """Names of the workers, for a supervisor."""


Act = Callable[[Turn], Awaitable[Update]]


def name_of(label: str) -> str:
    """The name under which models, loops and states know a part."""
    return "_".join(label.strip().lower().split(" "))


@dataclass(frozen=True, kw_only=True)
class Part:
    node_id: str
    label: str

    @property
    def name(self) -> str:
        return name_of(self.label)

    def to_json(self) -> dict[str, Any]:
        """How a part stands in the values of a prompt: those are filled when the part has spoken."""
        return {"id": self.node_id}


@dataclass(frozen=True, kw_only=True)
class HeadPart(Part):
    """Where a graph begins."""

    model: ChatModel
    remembers: bool = False
    """The state is kept for the session's next request."""
    moderations: Sequence[Moderation] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)
    step_limit: int = DEFAULT_STEP_LIMIT


@dataclass(frozen=True, kw_only=True)
class Approval:
    """How a human is asked before tools are called."""

    approve: str
    reject: str
    ask: Callable[[Turn, Sequence[ToolCall]], Awaitable[str]]
    """The question to the human."""


@dataclass(frozen=True, kw_only=True)
class WorkPart(Part):
    """A node that does something and leaves messages or values."""

    act: Act
    tools: tuple[Tool, ...] = ()
    """Of a tool node: offered to the models beside it."""
    call_tools: Act | None = None
    """Of an agent that must ask a human: what calls the tools that its model wants."""
    approval: Approval | None = None


@dataclass(frozen=True, kw_only=True)
class SupervisorPart(HeadPart):
    act: Act


@dataclass(frozen=True, kw_only=True)
class RoutePart(Part):
    """A condition: chooses one of its outputs by its label."""

    choose: Callable[[Turn], Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class LoopPart(Part):
    target: str
    """The label of the part to go on with."""


@dataclass(frozen=True, kw_only=True)
class EndPart(Part):
    """Where a graph ends."""


@dataclass(frozen=True, kw_only=True)
class StatePart(Part):
    channels: Mapping[str, Channel]


@dataclass(frozen=True, kw_only=True)
class AgentMemory(Part):
    """Says that a graph keeps its state from one request of a session to the next."""
