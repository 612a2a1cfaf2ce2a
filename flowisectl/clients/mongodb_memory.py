"""Conversations in a collection of MongoDB, in the form in which Flowise keeps them.

One document for each session: `{sessionId, messages}`, the oldest message first, each with the time when it was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from flowisectl.clients.kept_messages import MAX_MESSAGES, kept_message, message_in
from flowisectl.clients.mongodb import MongoCollection
from flowisectl.interfaces.message import ChatMessage


class MongoMemory:
    """Implements `interfaces.memory.ChatMemory`."""

    def __init__(
        self,
        collection: MongoCollection,
        *,
        session_id: str,
        memory_key: str = "chat_history",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.memory_key = memory_key
        self._collection = collection
        self._session = session_id
        self._now = now

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """The session, oldest first. Raises ProviderError."""
        if not self._session:
            return list(prepended)
        async with self._collection.connect() as collection:
            session = await collection.find_one({"sessionId": self._session}, {"messages": {"$slice": -MAX_MESSAGES}})
        entries = (session or {}).get("messages")
        return [*prepended, *[message for entry in (entries if isinstance(entries, list) else []) if (message := message_in(entry))]]

    async def add(self, question: str, answer: str) -> None:
        """Keep one exchange. Raises ProviderError."""
        if not self._session:
            return
        kept = [{**kept_message(kind, text), "timestamp": self._now()} for kind, text in (("human", question), ("ai", answer))]
        async with self._collection.connect() as collection:
            await collection.update_one({"sessionId": self._session}, {"$push": {"messages": {"$each": kept}}}, upsert=True)

    async def clear(self) -> None:
        if self._session:
            async with self._collection.connect() as collection:
                await collection.delete_one({"sessionId": self._session})
