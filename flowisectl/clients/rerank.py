"""Services that order documents by how well they answer a question. Their APIs differ little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.interfaces.http import HttpClient

COHERE_URL = "https://api.cohere.com/v1/rerank"
JINA_URL = "https://api.jina.ai/v1/rerank"
VOYAGE_URL = "https://api.voyageai.com/v1/rerank"
MAX_DOCUMENTS = 1000


class Reranker:
    """`extra` goes into every request; `count_key` is how the service calls the number of results."""

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str,
        url: str,
        api_key: str,
        model: str,
        count_key: str = "top_n",
        extra: dict[str, Any] | None = None,
        key_header: str = "authorization",
    ) -> None:
        value = f"Bearer {api_key}" if key_header == "authorization" else api_key
        self._service = RestService(http, provider=provider, base_url=url, headers={key_header: value}, secrets=(api_key,))
        self._model = model
        self._count_key = count_key
        self._extra = extra or {}

    async def order(self, question: str, texts: Sequence[str], count: int) -> list[tuple[int, float]]:
        """(position in `texts`, relevance from 0 to 1) of the best `count`, best first. Raises ProviderError."""
        sent = list(texts[:MAX_DOCUMENTS])
        body = {"model": self._model, "query": question, "documents": sent, self._count_key: min(count, len(sent)), **self._extra}
        answer = await self._service.json("POST", "", body)
        rows = answer.get("results") or answer.get("data") or [] if isinstance(answer, dict) else []
        found = [(int(row["index"]), float(row["relevance_score"])) for row in rows]
        return [(place, score) for place, score in sorted(found, key=lambda row: -row[1]) if 0 <= place < len(sent)][:count]
