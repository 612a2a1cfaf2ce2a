"""A model's answer on its way to the client: told piece by piece while it comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from flowisectl.interfaces.chat_model import ChatChunk, ChatModel, ChatOptions, ChatReply, TellingModel
from flowisectl.interfaces.message import ChatMessage

_NO_OPTIONS = ChatOptions()
_PIECES = re.compile(r"(\s+)")


class AnswerListener(Protocol):
    """Hears an answer: `start` once, then its tokens."""

    def start(self, text: str) -> None: ...

    def token(self, text: str) -> None: ...


class AnswerTeller:
    """Tells one answer to one listener: `start` comes once, before the first token.

    `start` carries the first piece of the answer. Models open with an empty piece, so that is an empty text, unless the
    whole answer is there at once; with `waits_for_text` it is the first piece that says something.
    """

    def __init__(self, listener: AnswerListener, *, waits_for_text: bool = False) -> None:
        self._listener = listener
        self._waits_for_text = waits_for_text
        self._has_started = False

    def begin(self, text: str) -> None:
        if not self._has_started:
            self._has_started = True
            self._listener.start(text)

    def tell(self, text: str) -> None:
        """One piece of the answer."""
        if text:
            self.begin(text)
            self._listener.token(text)

    def tell_whole(self, text: str) -> None:
        """An answer that no model wrote, word by word."""
        for piece in _PIECES.split(text):
            self.tell(piece)

    async def ask(self, model: ChatModel, messages: Sequence[ChatMessage], options: ChatOptions = _NO_OPTIONS) -> ChatReply:
        """Ask a model and tell its answer while it comes; pieces of tool calls are not told. Raises ProviderError."""
        return await listen(model, messages, self._hear, options)

    def _hear(self, chunk: ChatChunk) -> None:
        if not self._has_started and not self._waits_for_text:
            self.begin(chunk.text if chunk.reply is not None and not chunk.is_tool_call else "")
        if not chunk.is_tool_call:
            self.tell(chunk.text)


async def listen(
    model: ChatModel, messages: Sequence[ChatMessage], hear: Callable[[ChatChunk], None], options: ChatOptions = _NO_OPTIONS
) -> ChatReply:
    """Ask a model; `hear` is called with each chunk of the answer, as `ChatModel.stream` gives them. Raises ProviderError."""
    if isinstance(model, TellingModel):
        return await model.tell(messages, hear, options)
    reply = ChatReply()
    async for chunk in model.stream(messages, options):
        hear(chunk)
        if chunk.reply is not None:
            reply = chunk.reply
    return reply


def teller_to(listener: AnswerListener | None, *, waits_for_text: bool = False) -> AnswerTeller | None:
    """A teller, or None when nobody listens."""
    return None if listener is None else AnswerTeller(listener, waits_for_text=waits_for_text)


async def ask(
    model: ChatModel, messages: Sequence[ChatMessage], teller: AnswerTeller | None, options: ChatOptions = _NO_OPTIONS
) -> ChatReply:
    """Ask a model; with a teller the client hears the answer while it comes. Raises ProviderError."""
    if teller is None:
        return await model.invoke(messages, options)
    return await teller.ask(model, messages, options)
