"""Conversations in lists of a Redis server, in the form in which Flowise keeps them.

One list for each session, the newest message first. A message is `{"type": "human" | "ai", "data": {"content": …, …}}`.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from flowisectl.clients.kept_messages import MAX_MESSAGES, kept_message, message_in
from flowisectl.clients.redis_service import RedisService, done
from flowisectl.interfaces.message import ChatMessage


class RedisMemory:
    """Implements `interfaces.memory.ChatMemory`."""

    def __init__(
        self, service: RedisService, *, session_id: str, memory_key: str = "chat_history", limit: int | None = None, ttl_seconds: int = 0
    ) -> None:
        self.memory_key = memory_key
        self._service = service
        self._session = session_id
        self._limit = limit if limit and limit > 0 else None
        self._ttl = ttl_seconds

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """The session, oldest first; with a limit the newest so many messages. Raises ProviderError."""
        if not self._session:
            return list(prepended)
        count = min(self._limit or MAX_MESSAGES, MAX_MESSAGES)
        async with self._service.connect() as redis:
            rows = await done(redis.lrange(self._session, 0, count - 1))
        return [*prepended, *[message for row in reversed(rows) if (message := _message(row))]]

    async def add(self, question: str, answer: str) -> None:
        """Keep one exchange. Raises ProviderError."""
        if not self._session:
            return
        async with self._service.connect() as redis, redis.pipeline(transaction=True) as pipe:
            pipe.lpush(self._session, _stored("human", question))
            pipe.lpush(self._session, _stored("ai", answer))
            if self._ttl > 0:
                pipe.expire(self._session, self._ttl)
            await pipe.execute()

    async def clear(self) -> None:
        async with self._service.connect() as redis:
            await done(redis.delete(self._session))


def _stored(kind: str, text: str) -> bytes:
    return orjson.dumps(kept_message(kind, text))


def _message(row: bytes | str) -> ChatMessage | None:
    """A row as a message; rows of other kinds, and those that cannot be read, are left out."""
    try:
        return message_in(orjson.loads(row))
    except ValueError:
        return None
