"""What a chat memory is to the chains and agents that have one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flowisectl.interfaces.message import ChatMessage


class ChatMemory(Protocol):
    memory_key: str
    """The prompt variable that the history fills."""

    async def messages(self, prepended: Sequence[ChatMessage] = ()) -> list[ChatMessage]:
        """The session so far, oldest first, after the messages that the request sent itself."""
        ...

    async def add(self, question: str, answer: str) -> None:
        """Keep one exchange. Memories over the server's own messages do nothing here: the server keeps them."""
        ...

    async def clear(self) -> None: ...
