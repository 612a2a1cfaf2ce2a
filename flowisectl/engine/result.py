"""What a run of a flow gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FlowResult:
    """What a run leaves behind: the answer, and what the answer's row and the response are made of."""

    text: str
    """The content of the answer's row."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The ending node's own members of the response, in order: `text` or `json`, `sourceDocuments`, `usedTools` …"""
    bare: Sequence[Any] | None = None
    """The whole response, without ids and other members: what a function of the flow's author answers with when it returns an array."""
    user_content: str = ""
    """The content of the user's row (the question, the form's lines, the human's feedback)."""
    stored: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the answer's row beyond its content, as JSON data: `sourceDocuments`, `usedTools`, `artifacts`,
    `fileAnnotations`, `reasonContent`, `action` …"""
    execution_id: str | None = None
    memory_type: str | None = None
    """Chatflows only: the label of the flow's memory node, or an empty text."""
    is_stream_valid: bool | None = None
    """Chatflows only: the flow can stream and the client asked for it."""
    flow_variables: Mapping[str, Any] = field(default_factory=dict)
    clears_action: bool = False
    """A stopped agentflow was resumed: the question that waited for the human is answered."""
    executed: Sequence[Mapping[str, Any]] | None = None
    """AgentFlow V2: the executed nodes, without credential ids."""

    @property
    def thread_id(self) -> str:
        """The thread that an assistant of OpenAI answered in, which is the session of its messages; else an empty text."""
        assistant = self.fields.get("assistant")
        return str(assistant.get("threadId") or "") if isinstance(assistant, Mapping) else ""
