"""A chat model that answers equal questions from a cache."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence

import orjson

from flowisectl.interfaces.cache import TextCache
from flowisectl.interfaces.chat_model import ChatChunk, ChatModel, ChatOptions, ChatReply
from flowisectl.interfaces.message import ChatMessage

_NO_OPTIONS = ChatOptions()


class CachedChatModel:
    """Asks the model once for each question; a kept answer is told in one piece. Calls with tools are never kept."""

    def __init__(self, model: ChatModel, cache: TextCache) -> None:
        self.provider = model.provider
        self.model = model.model
        self.streaming = model.streaming
        self.allows_images = model.allows_images
        self._model = model
        self._cache = cache

    async def invoke(self, messages: Sequence[ChatMessage], options: ChatOptions = _NO_OPTIONS) -> ChatReply:
        key = self._key(messages, options)
        kept = await self._cache.get(key) if key else None
        if kept is not None:
            return ChatReply(text=kept)
        reply = await self._model.invoke(messages, options)
        await self._keep(key, reply)
        return reply

    async def stream(self, messages: Sequence[ChatMessage], options: ChatOptions = _NO_OPTIONS) -> AsyncIterator[ChatChunk]:
        key = self._key(messages, options)
        kept = await self._cache.get(key) if key else None
        if kept is not None:
            yield ChatChunk(text=kept, reply=ChatReply(text=kept))
            return
        async for chunk in self._model.stream(messages, options):
            if chunk.reply is not None:
                await self._keep(key, chunk.reply)
            yield chunk

    def cache_key(self) -> str:
        return self._model.cache_key()

    def _key(self, messages: Sequence[ChatMessage], options: ChatOptions) -> str:
        """The key of a question to this model; empty for calls that are not kept."""
        if options.tools or options.provider_tools or options.json_schema is not None:
            return ""
        asked = [[message.role, message.content, message.name] for message in messages]
        data = orjson.dumps([self._model.cache_key(), asked, options.stop], default=dict)
        return hashlib.sha256(data).hexdigest()

    async def _keep(self, key: str, reply: ChatReply) -> None:
        if key and not reply.tool_calls:
            await self._cache.put(key, reply.text)


def cached(model: ChatModel, cache: TextCache | None) -> ChatModel:
    """The model behind a cache, if there is one."""
    return model if cache is None else CachedChatModel(model, cache)
