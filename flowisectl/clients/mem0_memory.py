"""What Mem0 remembers about a user, over its REST API (https://docs.mem0.ai/api-reference)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.clients.answer_shapes import member, objects_of, text_of
from flowisectl.clients.rest import RestService
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.message import ChatMessage

URL = "https://api.mem0.ai"
_MOST = 100
"""Memories that are read at once."""


class Mem0Memory:
    """Implements `interfaces.memory.ChatMemory`: what Mem0 remembers as a system message, then what `conversation` holds of the session.

    `owner` says whose memories they are: `{user_id, run_id?, agent_id?, app_id?, project_id?, org_id?}`. With a `question` only
    those that have to do with it are read.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        api_key: str,
        owner: Mapping[str, str],
        conversation: ChatMemory,
        question: str = "",
        learns: bool = True,
        memory_key: str = "history",
        url: str = URL,
    ) -> None:
        self.memory_key = memory_key
        self._service = RestService(
            http, provider="mem0", base_url=url, headers={"authorization": f"Token {api_key}"}, secrets=(api_key,), retries=2
        )
        self._owner = {name: value for name, value in owner.items() if value}
        self._conversation = conversation
        self._question = question
        self._learns = learns

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """Raises ProviderError."""
        if self._question:
            answer = await self._service.json("POST", "/v1/memories/search/", {**self._owner, "query": self._question})
        else:
            answer = await self._service.json("GET", "/v1/memories/", query={**self._owner, "page": 1, "page_size": _MOST})
        remembered = "\n".join(_memories(answer))
        front = [ChatMessage(role="system", content=remembered)] if remembered else []
        return [*prepended, *front, *await self._conversation.messages()]

    async def add(self, question: str, answer: str) -> None:
        """Let Mem0 learn from one exchange, where it shall. Raises ProviderError."""
        if self._learns:
            messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            await self._service.call("POST", "/v1/memories/", {**self._owner, "messages": messages})
        await self._conversation.add(question, answer)

    async def clear(self) -> None:
        await self._service.call("DELETE", "/v1/memories/", query=self._owner, accept=(404,))
        await self._conversation.clear()


def _memories(answer: Any) -> list[str]:
    """Answers are a list, or have one under `results`."""
    rows = objects_of(answer) or objects_of(member(answer, "results"))
    return [text for row in rows if (text := text_of(row.get("memory")))]
