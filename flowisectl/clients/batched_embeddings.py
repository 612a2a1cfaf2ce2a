"""What embedding models share that are asked in batches: the loop, the count, and the error for an answer that is none."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowisectl.clients.endpoint import ModelEndpoint


class BatchedEmbeddings(ABC):
    """Implements `interfaces.embeddings.Embeddings`."""

    no_vectors = "gave an answer without embeddings"

    def __init__(self, endpoint: ModelEndpoint, *, url: str, model: str, batch_size: int) -> None:
        self.provider = endpoint.provider
        self.model = model
        self._endpoint = endpoint
        self._url = url
        self._batch_size = max(batch_size, 1)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in order. Raises ProviderError."""
        return await self._asked(texts, self._body)

    async def embed_query(self, text: str) -> list[float]:
        """The vector of one question. Raises ProviderError."""
        return (await self._asked([text], self._question_body))[0]

    async def _asked(self, texts: Sequence[str], body_of: Callable[[Sequence[str]], Mapping[str, Any]]) -> list[list[float]]:
        vectors: list[list[float]] = []
        for start in range(0, len(texts), self._batch_size):
            batch = [*texts[start : start + self._batch_size]]
            answer = await self._endpoint.embed(self._url, body_of(batch), self.model)
            try:
                found = [[float(number) for number in vector] for vector in self._vectors(answer)]
            except (KeyError, TypeError, ValueError) as error:
                raise self._endpoint.error(f"{self.provider} {self.no_vectors}") from error
            if len(found) != len(batch):
                raise self._endpoint.error(f"{self.provider} gave {len(found)} embeddings for {len(batch)} texts")
            vectors += found
        return vectors

    @abstractmethod
    def _body(self, batch: Sequence[str]) -> Mapping[str, Any]:
        """The request for some texts."""

    def _question_body(self, batch: Sequence[str]) -> Mapping[str, Any]:
        """The request for a question, where a provider tells these from the texts that are searched."""
        return self._body(batch)

    @abstractmethod
    def _vectors(self, answer: Any) -> Any:
        """The vectors in an answer."""
