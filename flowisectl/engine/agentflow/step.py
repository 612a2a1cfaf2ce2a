"""What an agentflow node is given beyond its inputs and the run's context, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import FlowNode
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import MissingInput

Message = Mapping[str, Any]
"""`{role, content, name?, tool_calls?, tool_call_id?, additional_kwargs?}`, role `system`, `developer`, `user`, `assistant` or `tool`.

Stored files stand in content lists as `{"type": "stored-file", "name", "mime"}`; they become images only on their way to a model.
"""


class ReadPast(Protocol):
    """The session's stored messages, oldest first: all, or the newest so many."""

    async def __call__(self, newest: int | None = None) -> Sequence[Message]: ...


@dataclass(frozen=True, kw_only=True)
class Step:
    """One turn of one node."""

    node: FlowNode
    input: str | None = None
    """The question with the texts of attached files, the form's lines, or the webhook's JSON; None on a resume."""
    read_past: ReadPast
    """Read from the database once per run, when a node first asks."""
    chat_history: Sequence[Message] = ()
    """What the nodes of this run have said so far."""
    state: Mapping[str, Any] = field(default_factory=dict)
    form: Any = None
    """The form of an earlier run of the session, else of this one: an object, or its lines."""
    webhook: Mapping[str, Any] | None = None
    is_last: bool = False
    """Nothing follows: what the node says goes to the user as it comes."""
    can_stream: bool = True
    """False when another flow calls this one as a tool."""
    human_input: Mapping[str, Any] | None = None
    """What the human answered to this node: `{type: proceed | reject, startNodeId?, feedback?}`"""
    human_input_action: Mapping[str, Any] | None = None
    """What the human was asked, on a resume."""
    iteration: Mapping[str, Any] | None = None
    """`{index, value, isFirst, isLast, sessionId}` inside an iteration."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """`$vars`, for nodes whose inputs mention them."""
    label_of: Callable[[str], str] = str
    """Component name → the label that people know it by."""

    @property
    def is_first(self) -> bool:
        """No node has said anything yet, so the question is this one's."""
        return not self.chat_history

    @property
    def speaks(self) -> bool:
        """What the node says is for the user."""
        return self.is_last and self.can_stream


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What a node leaves behind: the members `input`, `output`, `state` and `chatHistory` of its execution."""

    input: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] | None = None
    """The new flow state; None leaves it as it is."""
    chat_history: Sequence[Message] | None = None
    """Messages to remember in this run; None leaves the member out."""
    stops: bool = False
    """The run waits for a human, who decides about this node."""


class AgentflowNode(Node):
    """A node of AgentFlow V2. Subclasses implement `run_step`."""

    abort_text: ClassVar[str] = ""
    """The error that a run stopped inside this node leaves, for nodes whose model call breaks off: they end in ERROR, as clients
    know it. Without a text the node ends in TERMINATED."""

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any] | str:
        raise MissingInput(f"node type {self.definition.name!r} runs only inside an agentflow; import the flow as AGENTFLOW")

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        """Do the node's work. Whatever is raised fails the node and the run, with its text as the error's."""
        raise NotImplementedError
