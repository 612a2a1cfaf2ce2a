"""Conversations in a table of DynamoDB, in the form in which Flowise keeps them.

One item for each session: its list `messages` has `{type: human | ai, text, additional_kwargs}`, the oldest first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowisectl.clients.dynamodb import DynamoTable, Item, text_of
from flowisectl.interfaces.message import ChatMessage

MAX_MESSAGES = 2000
_MESSAGES = "messages"


class DynamoMemory:
    """Implements `interfaces.memory.ChatMemory`."""

    def __init__(self, table: DynamoTable, *, partition_key: str, session_id: str, memory_key: str = "chat_history") -> None:
        self.memory_key = memory_key
        self._table = table
        self._session = session_id
        self._key = {partition_key: {"S": session_id}}

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """The session, oldest first. Raises ProviderError."""
        item = await self._table.get(self._key) if self._session else None
        stored = (item or {}).get(_MESSAGES)
        rows = stored.get("L") if isinstance(stored, Mapping) else None
        found = [message for row in (rows if isinstance(rows, list) else [])[-MAX_MESSAGES:] if (message := _message(row))]
        return [*prepended, *found]

    async def add(self, question: str, answer: str) -> None:
        """Keep one exchange. Raises ProviderError."""
        if self._session:
            await self._table.append(self._key, _MESSAGES, [_stored("human", question), _stored("ai", answer)])

    async def clear(self) -> None:
        if self._session:
            await self._table.delete(self._key)


def _stored(kind: str, text: str) -> Item:
    return {"M": {"type": {"S": kind}, "text": {"S": text}, "additional_kwargs": {"S": "{}"}}}


def _message(row: object) -> ChatMessage | None:
    """A row as a message; rows of other kinds are left out."""
    fields = row.get("M") if isinstance(row, Mapping) else None
    kind = text_of(fields.get("type")) if isinstance(fields, Mapping) else ""
    if not isinstance(fields, Mapping) or kind not in ("human", "ai"):
        return None
    return ChatMessage(role="user" if kind == "human" else "assistant", content=text_of(fields.get("text")))
