"""OpenAI's own chat models: chat completions, and the Responses API for what only that can do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from flowisectl.clients.openai_compatible import OpenAICompatibleChat
from flowisectl.clients.openai_responses import OpenAIResponsesChat
from flowisectl.clients.wire_chat import NO_OPTIONS
from flowisectl.interfaces.chat_model import ChatChunk, ChatOptions, ChatReply
from flowisectl.interfaces.message import ChatMessage


class OpenAIChat:
    """Asks chat completions, but for calls with tools that OpenAI runs itself: those go to the Responses API.

    Implements `interfaces.chat_model.ChatModel` and `TellingModel`. `responses` makes the model for such calls when the first one
    comes, since most flows have none.
    """

    def __init__(self, completions: OpenAICompatibleChat, responses: Callable[[], OpenAIResponsesChat]) -> None:
        self.provider = completions.provider
        self.model = completions.model
        self.streaming = completions.streaming
        self.allows_images = completions.allows_images
        self._completions = completions
        self._make_responses = responses
        self._responses: OpenAIResponsesChat | None = None

    def stream(self, messages: Sequence[ChatMessage], options: ChatOptions = NO_OPTIONS) -> AsyncIterator[ChatChunk]:
        return self._for(options).stream(messages, options)

    async def tell(
        self, messages: Sequence[ChatMessage], hear: Callable[[ChatChunk], None], options: ChatOptions = NO_OPTIONS
    ) -> ChatReply:
        return await self._for(options).tell(messages, hear, options)

    async def invoke(self, messages: Sequence[ChatMessage], options: ChatOptions = NO_OPTIONS) -> ChatReply:
        return await self._for(options).invoke(messages, options)

    def cache_key(self) -> str:
        return self._completions.cache_key()

    def _for(self, options: ChatOptions) -> OpenAICompatibleChat | OpenAIResponsesChat:
        if not options.provider_tools:
            return self._completions
        if self._responses is None:
            self._responses = self._make_responses()
        return self._responses
