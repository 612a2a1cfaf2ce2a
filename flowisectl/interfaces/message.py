"""Chat messages as models and memories exchange them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["system", "developer", "user", "assistant", "tool"]
Content = str | Sequence[Mapping[str, Any]]
"""Text, or parts such as `{"type": "text", "text": …}` and `{"type": "image_url", "image_url": {"url": …}}`."""


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A tool that the model wants to be called. `arguments` is the parsed JSON object."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    role: Role
    content: Content
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    """Only with role `tool`: the call that this message answers."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What rides along without being sent to the model: artifacts, file annotations, used tools."""

    @property
    def text(self) -> str:
        """The message's text; of parts, the text parts joined by line ends."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(str(part.get("text", "")) for part in self.content if part.get("type") == "text")
