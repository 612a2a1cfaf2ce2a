"""The conversation of several agents, made fit for one model: tool calls with their results, turns in an order that providers take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flowisectl.interfaces.message import ChatMessage

_GO_ON = ChatMessage(role="user", content="Go on.")
_NOTED = ChatMessage(role="assistant", content="I have the results.")


def fitted(messages: Sequence[ChatMessage], provider: str) -> list[ChatMessage]:
    """Messages that this provider takes: each result of a tool stands after its call, calls without a result are left out.

    Anthropic wants a user to begin. Mistral wants the assistant to speak between the result of a tool and the user.
    """
    found = _paired(messages)
    name = provider.lower()
    if "anthropic" in name or "claude" in name:
        first = next((index for index, message in enumerate(found) if message.role not in ("system", "developer")), len(found))
        if first < len(found) and found[first].role == "assistant":
            found.insert(first, _GO_ON)
    if "mistral" in name:
        for index in range(len(found) - 1, 0, -1):
            if found[index].role == "user" and found[index - 1].role == "tool":
                found.insert(index, _NOTED)
    return found


def latest_exchange(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The last message; when it is the result of a tool, everything from the message on that asked for tools."""
    start = len(messages) - 1
    while start > 0 and messages[start].role == "tool":
        start -= 1
    return list(messages[max(start, 0) :])


def _paired(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    results = {message.tool_call_id: message for message in messages if message.role == "tool"}
    found: list[ChatMessage] = []
    for message in messages:
        if message.role == "tool":
            continue
        if not message.tool_calls:
            found.append(message)
            continue
        calls = tuple(call for call in message.tool_calls if call.id in results)
        if calls or message.text:
            found.append(replace(message, tool_calls=calls))
        found += [results.pop(call.id) for call in calls if call.id in results]
    return found
