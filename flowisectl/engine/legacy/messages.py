"""Messages of a graph as JSON data and back, and the messages that no model wrote."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flowisectl.interfaces.message import ChatMessage, ToolCall
from flowisectl.texts.conversations import TOOL_REFUSED
from flowisectl.texts.text import BuiltInTexts, filled


def to_json(message: ChatMessage) -> dict[str, Any]:
    """A message as it is kept; members that say nothing are left out."""
    data: dict[str, Any] = {
        "role": message.role,
        "content": message.content if isinstance(message.content, str) else [dict(part) for part in message.content],
    }
    if message.name:
        data["name"] = message.name
    if message.tool_calls:
        data["toolCalls"] = [call_json(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        data["toolCallId"] = message.tool_call_id
    if message.extra:
        data["extra"] = dict(message.extra)
    return data


def from_json(data: Mapping[str, Any]) -> ChatMessage:
    return ChatMessage(
        role=data["role"],
        content=data["content"],
        name=data.get("name"),
        tool_calls=tuple(call_from_json(call) for call in data.get("toolCalls") or ()),
        tool_call_id=data.get("toolCallId"),
        extra=data.get("extra") or {},
    )


def call_json(call: ToolCall) -> dict[str, Any]:
    """A call as clients see it in an action's mapping."""
    return {"name": call.name, "args": dict(call.arguments), "id": call.id, "type": "tool_call"}


def call_from_json(data: Mapping[str, Any]) -> ToolCall:
    return ToolCall(id=data["id"], name=data["name"], arguments=data.get("args") or {})


def denials(calls: Sequence[ToolCall], node_id: str, texts: BuiltInTexts) -> tuple[ChatMessage, ...]:
    """What stands for the results of tools that a human refused."""
    return tuple(
        ChatMessage(
            role="tool",
            content=filled(texts.of(TOOL_REFUSED), name=call.name),
            name=call.name,
            tool_call_id=call.id,
            extra={"nodeId": node_id, "denied": True},
        )
        for call in calls
    )


def open_calls(messages: Sequence[ChatMessage], node_ids: Collection[str]) -> tuple[ToolCall, ...]:
    """The tools that the latest words of these nodes ask for and that nobody has answered."""
    answered: set[str | None] = set()
    for message in reversed(messages):
        if message.role == "tool":
            answered.add(message.tool_call_id)
        elif message.role == "assistant" and message.extra.get("nodeId") in node_ids:
            return tuple(call for call in message.tool_calls if call.id not in answered)
    return ()
