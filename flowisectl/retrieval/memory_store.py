"""A vector store that lives for one run, in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import mul
from typing import Any

from flowisectl.interfaces.document import Document
from flowisectl.interfaces.embeddings import Embeddings


class MemoryStore:
    """Documents with their vectors; the most similar ones are found by the cosine."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings
        self._rows: list[tuple[Document, list[float], float]] = []

    async def add(self, documents: Sequence[Document]) -> None:
        """Embed and keep documents; those without text are left out. Raises ProviderError."""
        kept = [document for document in documents if document.page_content]
        vectors = await self._embeddings.embed([document.page_content for document in kept]) if kept else []
        self._rows += [(document, vector, _norm(vector)) for document, vector in zip(kept, vectors, strict=True)]

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        """The most similar documents with their cosines, best first. Raises ProviderError."""
        vector = await query_vector(self._embeddings, question)
        norm = _norm(vector)
        found = [(document, _cosine(vector, norm, other, size)) for document, other, size in self._rows if _meets(document, conditions)]
        return sorted(found, key=lambda row: -row[1])[: max(count, 0)]


async def query_vector(embeddings: Embeddings, text: str) -> list[float]:
    """The vector of a question. Models that embed questions in another way than documents have `embed_query`."""
    embed_query = getattr(embeddings, "embed_query", None)
    if embed_query is not None:
        vector: list[float] = await embed_query(text)
        return vector
    return (await embeddings.embed([text]))[0]


def _cosine(one: Sequence[float], norm: float, other: Sequence[float], size: float) -> float:
    return sum(map(mul, one, other)) / (norm * size) if norm and size else 0.0


def _norm(vector: Sequence[float]) -> float:
    return math.sqrt(sum(map(mul, vector, vector)))


def _meets(document: Document, conditions: Mapping[str, Any] | None) -> bool:
    return not conditions or all(document.metadata.get(name) == value for name, value in conditions.items())
