"""What an embedding model is to the nodes that use one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Embeddings(Protocol):
    """Makes vectors of texts; those of one model have one length, and only they can be compared."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in order. Raises ProviderError."""
        ...

    async def embed_query(self, text: str) -> list[float]:
        """The vector of one question; some models make another one of it than of a text to keep. Raises ProviderError."""
        ...
