"""A vector store: an index, and the embedding model that makes its vectors."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from flowisectl.interfaces.document import Document
from flowisectl.interfaces.embeddings import Embeddings
from flowisectl.interfaces.vector_index import CollectingIndex, FoundRow, VectorIndex, VectorQuery, VectorRow
from flowisectl.retrieval.embedded_lots import LOT, embedded_lots
from flowisectl.retrieval.memory_store import query_vector
from flowisectl.retrieval.store_search import DEFAULT_COUNT, most_diverse

EMBEDDED_AT_ONCE = LOT


@dataclass(frozen=True, kw_only=True)
class Diversity:
    """Documents are chosen so that they differ from each other (MMR), out of the `candidates` nearest ones."""

    candidates: int = 20
    balance: float = 0.5


class EmbeddedStore:
    """Implements `interfaces.vector_store.VectorStore` and `ErasableStore`."""

    def __init__(
        self,
        index: VectorIndex,
        embeddings: Embeddings,
        *,
        count: int = DEFAULT_COUNT,
        chat_id: str = "",
        diversity: Diversity | None = None,
        records_name: str = "",
        omitted_metadata: Sequence[str] = (),
    ) -> None:
        self.count = count
        """How many documents the store's node asks for."""
        self.records_name = records_name
        """What the records of this store are told apart by: its collection, table or namespace."""
        self.omitted_metadata = tuple(omitted_metadata)
        """Metadata that the store never keeps; ids of records follow from the rest."""
        self._index = index
        self._embeddings = embeddings
        self._chat_id = chat_id
        self._diversity = diversity

    async def add(self, documents: Sequence[Document]) -> None:
        """Embed and keep documents; those without text are left out, those without an id get one. Raises ProviderError."""
        kept = [document.without(self.omitted_metadata) for document in documents if document.page_content]
        kept = [document if document.id else replace(document, id=str(uuid.uuid4())) for document in kept]
        async with aclosing(embedded_lots(self._embeddings, kept, EMBEDDED_AT_ONCE)) as lots:
            async for lot, vectors in lots:
                await self._index.add([VectorRow(document=document, vector=vector) for document, vector in zip(lot, vectors, strict=True)])
        if isinstance(self._index, CollectingIndex):
            await self._index.write()

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        """The most similar documents with their scores, best first. Raises ProviderError."""
        return await self.search_vector(await query_vector(self._embeddings, question), count, conditions, text=question)

    async def search_vector(
        self, vector: Sequence[float], count: int, conditions: Mapping[str, Any] | None = None, *, text: str = ""
    ) -> list[tuple[Document, float]]:
        """The same for a vector that was made before; `text` is what it was made of."""
        if count <= 0:
            return []
        wanted = max(count, self._diversity.candidates) if self._diversity else count
        query = VectorQuery(
            vector=vector, count=wanted, conditions=conditions, chat_id=self._chat_id, with_vectors=self._diversity is not None, text=text
        )
        found = await self._index.search(query)
        if self._diversity:
            found = _diverse(vector, found, count, self._diversity.balance)
        return [(row.document, row.score) for row in found[:count]]

    async def delete(self, ids: Sequence[str]) -> None:
        await self._index.delete(ids)


def _diverse(vector: Sequence[float], found: Sequence[FoundRow], count: int, balance: float) -> list[FoundRow]:
    if any(len(row.vector) != len(vector) for row in found):
        return list(found)
    return [found[place] for place in most_diverse(vector, [row.vector for row in found], count, balance)]
