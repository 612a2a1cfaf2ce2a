"""What a vector store is to whoever fills, searches or empties it: a store node built with its output `vectorStore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from flowisectl.interfaces.document import Document


@runtime_checkable
class VectorStore(Protocol):
    """Embeds with the model that its node was given."""

    async def add(self, documents: Sequence[Document]) -> None:
        """Embed and keep documents. A document whose id is in the store already is replaced, where the store has ids.

        Raises ProviderError.
        """
        ...

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        """The most similar documents with their scores, best first. Raises ProviderError."""
        ...


@runtime_checkable
class ErasableStore(Protocol):
    """A vector store that can forget; not every one can."""

    async def delete(self, ids: Sequence[str]) -> None:
        """Forget the documents with these ids; unknown ids count as forgotten."""
        ...
