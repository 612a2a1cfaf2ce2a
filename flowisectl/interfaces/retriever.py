"""What finds documents for a question."""

from __future__ import annotations

from typing import Protocol

from flowisectl.interfaces.document import Document


class Retriever(Protocol):
    async def retrieve(self, question: str) -> list[Document]:
        """The documents that fit, best first. Raises ProviderError."""
        ...
