"""Which messages of a conversation an agentflow node remembers: all, a window, a summary, or a summary with the latest in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.token_count import estimate_tokens
from flowisectl.texts.conversations import AGENTFLOW_SUMMARY
from flowisectl.texts.text import filled

Message = Mapping[str, Any]

ALL_MESSAGES = "allMessages"
WINDOW = "windowSize"
SUMMARY = "conversationSummary"
SUMMARY_BUFFER = "conversationSummaryBuffer"


async def remembered(
    past: Sequence[Message],
    *,
    kind: str,
    model: ChatModel,
    window: int = 20,
    token_limit: int = 2000,
    has_system: bool = False,
    prompt: str = AGENTFLOW_SUMMARY.ours,
) -> list[Message]:
    """The messages to send of a conversation, oldest first. An unknown kind remembers everything.

    `window` counts exchanges of two messages. Raises ProviderError when a summary cannot be made.
    """
    if kind == WINDOW:
        return list(past[-2 * window :]) if window > 0 else []
    if kind == SUMMARY:
        return [{"role": "assistant", "content": await summary_of(past, model, prompt)}] if past else []
    if kind == SUMMARY_BUFFER:
        return await _summary_and_rest(past, model, token_limit, "user" if has_system else "system", prompt)
    return list(past)


async def _summary_and_rest(past: Sequence[Message], model: ChatModel, limit: int, role: str, prompt: str) -> list[Message]:
    counts = [estimate_tokens(conversation_line(message)) for message in past]
    total, dropped = sum(counts), 0
    while dropped < len(past) and total > limit:
        total -= counts[dropped]
        dropped += 1
    if not dropped:
        return list(past)
    summary = await summary_of(past[:dropped], model, prompt)
    return [{"role": role, "content": f"Previous conversation summary: {summary}"}, *past[dropped:]]


async def summary_of(messages: Sequence[Message], model: ChatModel, prompt: str) -> str:
    """A summary that the model makes in one call."""
    conversation = "\n".join(conversation_line(message) for message in messages)
    reply = await model.invoke([ChatMessage(role="user", content=filled(prompt, conversation=conversation))])
    return reply.text


def conversation_line(message: Message) -> str:
    return f"{message.get('role')}: {_text(message.get('content'))}"


def _text(content: Any) -> str:
    if isinstance(content, (list, tuple)):
        return " ".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping) and part.get("type") == "text")
    return "" if content is None else str(content)
