"""A vector store that lives for one run, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.embeddings import Embeddings
from flowisectl.retrieval.embedded_lots import embedded_lots
from flowisectl.retrieval.vector_rows import Nearness, VectorRows

IN_THREAD_FROM = 2_000
"""Rows whose search takes long enough (a millisecond) to be done beside the event loop."""


class MemoryStore:
    """Documents with their vectors; the most similar ones are found by the cosine."""

    def __init__(self, embeddings: Embeddings, count: int = 4) -> None:
        self.count = count
        self._embeddings = embeddings
        self._documents: list[Document] = []
        self._rows = VectorRows()

    async def add(self, documents: Sequence[Document]) -> None:
        """Embed and keep documents; those without text are left out. Raises ProviderError, InvalidFlow."""
        kept = [document for document in documents if document.page_content]
        async with aclosing(embedded_lots(self._embeddings, kept)) as lots:
            async for lot, vectors in lots:
                try:
                    self._rows.add(vectors)
                except ValueError as error:
                    raise InvalidFlow("the embedding model gave vectors of different sizes") from error
                self._documents += lot

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        """The most similar documents with their cosines, best first. Raises ProviderError, InvalidFlow."""
        vector = await query_vector(self._embeddings, question)
        if self._documents and len(vector) != self._rows.size:
            raise InvalidFlow(f"the embedding model gave a vector of {len(vector)} numbers for a question, {self._rows.size} for documents")
        if len(self._rows) < IN_THREAD_FROM:
            return self._nearest(vector, count, conditions)
        return await asyncio.to_thread(self._nearest, vector, count, conditions)

    def _nearest(self, vector: Sequence[float], count: int, conditions: Mapping[str, Any] | None) -> list[tuple[Document, float]]:
        allows = (lambda place: _meets(self._documents[place], conditions)) if conditions else None
        return [(self._documents[place], score) for place, score in self._rows.nearest(vector, count, Nearness.COSINE, allows)]


async def query_vector(embeddings: Embeddings, text: str) -> list[float]:
    """The vector of a question. Models that embed questions in another way than documents have `embed_query`."""
    embed_query = getattr(embeddings, "embed_query", None)
    if embed_query is not None:
        vector: list[float] = await embed_query(text)
        return vector
    return (await embeddings.embed([text]))[0]


def _meets(document: Document, conditions: Mapping[str, Any] | None) -> bool:
    return not conditions or all(document.metadata.get(name) == value for name, value in conditions.items())
