"""Finding documents in a vector store by a question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever


class SearchableStore(Protocol):
    """A vector store, as retrievers and chains use it."""

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        """The most similar documents with their scores, best first; `conditions` are metadata values that must be equal."""
        ...


@runtime_checkable
class Filterable(Protocol):
    """A retriever that can be told to look only at some documents."""

    def filtered(self, conditions: Mapping[str, Any]) -> Retriever: ...


class StoreRetriever:
    """A retriever over a store: the best `count` documents."""

    def __init__(self, store: SearchableStore, count: int, conditions: Mapping[str, Any] | None = None) -> None:
        self.store = store
        self.count = count
        self._conditions = conditions

    async def retrieve(self, question: str) -> list[Document]:
        return [document for document, _ in await self.store.search(question, self.count, self._conditions)]

    def filtered(self, conditions: Mapping[str, Any]) -> StoreRetriever:
        return StoreRetriever(self.store, self.count, {**(self._conditions or {}), **conditions})
