"""What keeps vectors, without knowing how they are made: a collection of an outside service, a table, a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from flowisectl.interfaces.document import Document

CHAT_KEY = "flowise_chatId"
"""Metadata of documents that were uploaded in a chat; its value is the chat's id."""


@dataclass(frozen=True, kw_only=True)
class VectorRow:
    """A document that has an id, with its vector."""

    document: Document
    vector: Sequence[float]

    @property
    def id(self) -> str:
        return self.document.id or ""


@dataclass(frozen=True, kw_only=True)
class FoundRow:
    document: Document
    score: float
    """Larger is nearer, except where an index says otherwise."""
    vector: Sequence[float] = ()
    """Empty unless the search asked for vectors."""


@dataclass(frozen=True, kw_only=True)
class VectorQuery:
    """Which rows are looked for, and how many."""

    vector: Sequence[float]
    count: int
    conditions: Mapping[str, Any] | None = None
    """Metadata values that must be equal."""
    chat_id: str = ""
    """When it is not empty: only documents of this chat, and those of no chat."""
    with_vectors: bool = False
    text: str = ""
    """The question itself, for indexes that look for words, too; empty when only its vector is known."""


class VectorIndex(Protocol):
    async def add(self, rows: Sequence[VectorRow]) -> None:
        """Keep rows; one with a known id replaces what was there. Raises ProviderError."""
        ...

    async def search(self, query: VectorQuery) -> list[FoundRow]:
        """The nearest rows, nearest first. Raises ProviderError."""
        ...

    async def delete(self, ids: Sequence[str]) -> None:
        """Forget rows; unknown ids count as forgotten. Raises ProviderError."""
        ...


@runtime_checkable
class CollectingIndex(Protocol):
    """An index that is written as a whole: it collects rows, and keeps them when it is told that all are there."""

    async def write(self) -> None:
        """Keep what was added. Raises InvalidFlow."""
        ...
