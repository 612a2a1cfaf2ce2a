"""Conversations in Zep, which sums up what was said: the server that one runs oneself (API v1), and Zep Cloud (API v2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flowisectl.clients.answer_shapes import member, objects_of, text_of
from flowisectl.clients.rest import RestService
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage

CLOUD_URL = "https://api.getzep.com/api/v2"


class ZepMemory:
    """Implements `interfaces.memory.ChatMemory`. `human` and `ai` are the roles that messages are kept with; the newest `count` are read.

    What Zep made of older ones stands in front, as a system message.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        api_key: str = "",
        session_id: str,
        count: int = 10,
        human: str = "human",
        ai: str = "ai",
        memory_key: str = "chat_history",
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self.memory_key = memory_key
        self._service = RestService(
            http, provider="zep", base_url=f"{url.rstrip('/')}/api/v1", headers=headers, secrets=(api_key,), retries=2
        )
        self._session = session_id
        self._path = f"/sessions/{quote(session_id, safe='')}/memory"
        self._count = count
        self._human, self._ai = human, ai

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """The session, oldest first. Raises ProviderError."""
        if not self._session:
            return list(prepended)
        answer = await self._service.json("GET", self._path, query={"lastn": self._count}, accept=(404,))
        summary = text_of(member(answer, "summary", "content"))
        front = [ChatMessage(role="system", content=summary)] if summary else []
        rows = objects_of(member(answer, "messages"))
        return [*prepended, *front, *[_message(row, row.get("role") in (self._ai, "ai", "assistant")) for row in rows]]

    async def add(self, question: str, answer: str) -> None:
        """Keep one exchange. Raises ProviderError."""
        if self._session:
            messages = [{"role": self._human, "content": question}, {"role": self._ai, "content": answer}]
            await self._service.call("POST", self._path, {"messages": messages})

    async def clear(self) -> None:
        if self._session:
            await self._service.call("DELETE", self._path, accept=(404,))


class ZepCloudMemory:
    """As `ZepMemory`, but all that is read is one message of the user: what Zep learnt, then a line `role: text` for each message.

    `kind` says how much is read: `perpetual`, `summary_retriever` or `message_window`.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        api_key: str,
        session_id: str,
        kind: str = "perpetual",
        human: str = "human",
        ai: str = "ai",
        memory_key: str = "chat_history",
        url: str = CLOUD_URL,
    ) -> None:
        self.memory_key = memory_key
        self._service = RestService(
            http, provider="zep", base_url=url, headers={"authorization": f"Api-Key {api_key}"}, secrets=(api_key,), retries=2
        )
        self._session = session_id
        self._path = f"/sessions/{quote(session_id, safe='')}/memory"
        self._kind = kind
        self._human, self._ai = human, ai

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """The session, oldest first. Raises ProviderError."""
        if not self._session:
            return list(prepended)
        answer = await self._service.json("GET", self._path, query={"memoryType": self._kind}, accept=(404,))
        known, rows = _known(answer), objects_of(member(answer, "messages"))
        if not known and not rows:
            return list(prepended)
        lines = [f"{row.get('role') or row.get('role_type')}: {text_of(row.get('content'))}" for row in rows]
        return [*prepended, ChatMessage(role="user", content=known + "\n" + "\n".join(lines))]

    async def add(self, question: str, answer: str) -> None:
        """Keep one exchange. Raises ProviderError."""
        if not self._session:
            return
        body = {
            "messages": [
                {"role": self._human, "role_type": "user", "content": question},
                {"role": self._ai, "role_type": "assistant", "content": answer},
            ]
        }
        kept = await self._service.call("POST", self._path, body, accept=(404,))
        if kept.status == 404:
            # The service does not know the session yet.
            await self._service.call("POST", "/sessions", {"session_id": self._session})
            await self._service.call("POST", self._path, body)

    async def clear(self) -> None:
        if self._session:
            await self._service.call("DELETE", self._path, accept=(404,))


def _known(answer: Any) -> str:
    """What Zep learnt from the session: its facts, and the sum of what was said behind them. Newer answers have one text instead."""
    facts = member(answer, "facts")
    lines = [fact for fact in facts if isinstance(fact, str)] if isinstance(facts, list) else []
    lines = lines or [text_of(fact.get("fact")) for fact in objects_of(member(answer, "relevant_facts"))]
    told = "\n".join(line for line in lines if line) + text_of(member(answer, "summary", "content"))
    return told or text_of(member(answer, "context"))


def _message(row: Mapping[str, Any], is_answer: bool) -> ChatMessage:
    return ChatMessage(role="assistant" if is_answer else "user", content=text_of(row.get("content")))
