"""What a tool is to the agents that call one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.document import Document


@dataclass(frozen=True, kw_only=True)
class ToolOutcome:
    """What a call of a tool gave. Only `text` is shown to the model."""

    text: str
    source_documents: tuple[Document, ...] = ()
    artifacts: tuple[Mapping[str, Any], ...] = ()
    tool_input: Mapping[str, Any] | None = None
    """What the tool really used, when it differs from the arguments of the call."""


class Tool(Protocol):
    spec: ToolSpec
    return_direct: bool

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        """Run the tool. `flow` is `$flow` of user code: chatflowId, sessionId, chatId, input, state."""
        ...
