"""Summing up a conversation, so that long ones fit into a prompt."""

from __future__ import annotations

from collections.abc import Sequence

from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.token_count import estimate_tokens
from flowisectl.texts.conversations import CONVERSATION_SUMMARY
from flowisectl.texts.text import filled

_NAMES = {"user": "Human", "assistant": "AI", "system": "System", "tool": "Tool"}


def conversation_lines(messages: Sequence[ChatMessage]) -> str:
    """The conversation as text, one `Human: …` or `AI: …` line for each message."""
    return "\n".join(f"{_NAMES.get(message.role, message.role)}: {message.text}" for message in messages)


async def summarise(
    model: ChatModel, messages: Sequence[ChatMessage], summary: str = "", *, prompt: str = CONVERSATION_SUMMARY.ours
) -> str:
    """A summary of what was said so far, going on from an earlier one. Raises ProviderError."""
    request = filled(prompt, summary=summary, new_lines=conversation_lines(messages))
    return (await model.invoke([ChatMessage(role="user", content=request)])).text


def fold_old_messages(messages: Sequence[ChatMessage], max_tokens: int) -> tuple[list[ChatMessage], list[ChatMessage]]:
    """(old messages to sum up, newest messages that together fit into `max_tokens`)."""
    kept = ""
    first = len(messages)
    while first > 0:
        longer = conversation_lines(messages[first - 1 : first]) + ("\n" + kept if kept else "")
        if estimate_tokens(longer) > max_tokens:
            break
        kept = longer
        first -= 1
    return list(messages[:first]), list(messages[first:])


def summary_message(summary: str, provider: str) -> ChatMessage:
    """The summary as a message. Anthropic's models take no second system message, so they get it as the user's."""
    return ChatMessage(role="user" if provider.startswith("chatAnthropic") else "system", content=summary)


class SummaryMemory:
    """A summary of the session's last exchange, made anew each time, in place of its messages."""

    def __init__(self, stored: ChatMemory, model: ChatModel, *, prompt: str = CONVERSATION_SUMMARY.ours) -> None:
        self.memory_key = stored.memory_key
        self._stored = stored
        self._model = model
        self._prompt = prompt

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """One message, an empty system message when nothing was said yet, as Flowise asks its models. Raises ProviderError."""
        messages = await self._stored.messages(prepended)
        summary = await summarise(self._model, messages[-2:], prompt=self._prompt) if messages else ""
        message = summary_message(summary, self._model.provider)
        return [message] if summary or message.role == "system" else []  # a user's message must not be empty

    async def add(self, question: str, answer: str) -> None:
        await self._stored.add(question, answer)

    async def clear(self) -> None:
        await self._stored.clear()


class SummaryBufferMemory:
    """The newest messages that fit into a limit, after a summary of the older ones."""

    def __init__(self, stored: ChatMemory, model: ChatModel, max_tokens: int, *, prompt: str = CONVERSATION_SUMMARY.ours) -> None:
        self.memory_key = stored.memory_key
        self._stored = stored
        self._model = model
        self._prompt = prompt
        self._max_tokens = max_tokens

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """The messages, oldest first. Raises ProviderError."""
        old, newest = fold_old_messages(await self._stored.messages(prepended), self._max_tokens)
        if not old:
            return newest
        summary = await summarise(self._model, old, prompt=self._prompt)
        return [summary_message(summary, self._model.provider), *newest]

    async def add(self, question: str, answer: str) -> None:
        await self._stored.add(question, answer)

    async def clear(self) -> None:
        await self._stored.clear()
