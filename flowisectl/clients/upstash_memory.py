"""Conversations in lists of an Upstash Redis, over its REST API (https://upstash.com/docs/redis/features/restapi).

One list for each session, the newest message first, in the form in which Flowise keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from flowisectl.clients.answer_shapes import member, objects_of
from flowisectl.clients.kept_messages import MAX_MESSAGES, kept_message, message_in
from flowisectl.clients.rest import RestService
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage


class UpstashMemory:
    """Implements `interfaces.memory.ChatMemory`."""

    def __init__(
        self, http: HttpClient, *, url: str, token: str, session_id: str, memory_key: str = "chat_history", ttl_seconds: int = 0
    ) -> None:
        self.memory_key = memory_key
        self._service = RestService(
            http, provider="upstash", base_url=url, headers={"authorization": f"Bearer {token}"}, secrets=(token,), retries=2
        )
        self._session = session_id
        self._ttl = ttl_seconds

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """The session, oldest first. Raises ProviderError."""
        if not self._session:
            return list(prepended)
        answer = await self._service.json("POST", "/", ["LRANGE", self._session, 0, MAX_MESSAGES - 1])
        self._check(answer)
        rows = member(answer, "result")
        return [*prepended, *[message for row in reversed(rows if isinstance(rows, list) else []) if (message := _message(row))]]

    async def add(self, question: str, answer: str) -> None:
        """Keep one exchange, whole or not at all. Raises ProviderError."""
        if not self._session:
            return
        commands: list[list[Any]] = [["LPUSH", self._session, _stored("human", question), _stored("ai", answer)]]
        if self._ttl > 0:
            commands.append(["EXPIRE", self._session, self._ttl])
        done = await self._service.json("POST", "/multi-exec", commands)
        self._check(done)
        for item in objects_of(done):
            self._check(item)

    async def clear(self) -> None:
        if self._session:
            self._check(await self._service.json("POST", "/", ["DEL", self._session]))

    def _check(self, answer: Any) -> None:
        if told := member(answer, "error"):
            raise self._service.error(f"upstash refused the command: {told}")


def _stored(kind: str, text: str) -> str:
    return orjson.dumps(kept_message(kind, text)).decode()


def _message(row: Any) -> ChatMessage | None:
    """A row as a message; rows of other kinds, and those that cannot be read, are left out."""
    try:
        return message_in(orjson.loads(row) if isinstance(row, str) else row)
    except ValueError:
        return None
