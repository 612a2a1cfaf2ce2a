"""A chat message as memories outside of the server keep it: `{"type": "human" | "ai", "data": {"content": …, …}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.interfaces.message import ChatMessage

MAX_MESSAGES = 2000
"""Of one session, the newest so many are read."""


def kept_message(kind: str, text: str) -> dict[str, Any]:
    data: dict[str, Any] = {"content": text, "additional_kwargs": {}, "response_metadata": {}}
    if kind == "ai":
        data |= {"tool_calls": [], "invalid_tool_calls": []}
    return {"type": kind, "data": data}


def message_in(entry: Any) -> ChatMessage | None:
    """An entry as a message; None for those of other kinds, and for what is no message."""
    if not isinstance(entry, Mapping) or entry.get("type") not in ("human", "ai"):
        return None
    data = entry.get("data")
    if not isinstance(data, Mapping):
        return None
    content = data.get("content")
    text = content if isinstance(content, (str, list)) else str(content or "")
    return ChatMessage(role="user" if entry["type"] == "human" else "assistant", content=text)
