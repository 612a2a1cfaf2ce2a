"""Vectors kept for equal texts, in the memory of the process."""

from __future__ import annotations

import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Sequence

from flowisectl.interfaces.embeddings import Embeddings
from flowisectl.retrieval.memory_store import query_vector

MAX_FLOATS = 8_000_000
"""Of all vectors together: 64 MB."""


class _Kept:
    def __init__(self) -> None:
        self.vectors: OrderedDict[bytes, array[float]] = OrderedDict()
        self.floats = 0

    def put(self, key: bytes, vector: Sequence[float]) -> None:
        old = self.vectors.pop(key, None)
        self.floats += len(vector) - (len(old) if old is not None else 0)
        self.vectors[key] = array("d", vector)
        while self.floats > MAX_FLOATS and self.vectors:
            self.floats -= len(self.vectors.popitem(last=False)[1])

    def get(self, key: bytes) -> array[float] | None:
        vector = self.vectors.get(key)
        if vector is not None:
            self.vectors.move_to_end(key)
        return vector


_KEPT = _Kept()
"""One for the process: the flows share its bound, not its vectors."""


class CachedEmbeddings:
    """An embedding model whose vectors of documents are kept; questions are embedded anew. `space` keeps flows apart."""

    def __init__(self, embeddings: Embeddings, *, space: str) -> None:
        self._embeddings = embeddings
        self._space = space

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        keys = [hashlib.sha256(f"{self._space}\n{text}".encode()).digest() for text in texts]
        found: list[Sequence[float] | None] = [_KEPT.get(key) for key in keys]
        missing = [place for place, vector in enumerate(found) if vector is None]
        made = await self._embeddings.embed([texts[place] for place in missing]) if missing else []
        for place, vector in zip(missing, made, strict=True):
            _KEPT.put(keys[place], vector)
            found[place] = vector
        return [[*vector] if vector is not None else [] for vector in found]

    async def embed_query(self, text: str) -> list[float]:
        return await query_vector(self._embeddings, text)
