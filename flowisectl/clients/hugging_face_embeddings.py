"""Embedding models of Hugging Face (https://huggingface.co/docs/inference-providers/tasks/feature-extraction)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack
from urllib.parse import quote

from flowisectl.clients.batched_embeddings import BatchedEmbeddings
from flowisectl.clients.endpoint import ModelEndpoint, Patience, key_headers
from flowisectl.interfaces.http import HttpClient

ROUTER_URL = "https://router.huggingface.co/hf-inference/models"
_AT_ONCE = 64


class HuggingFaceEmbeddings(BatchedEmbeddings):
    """A model by its name, or an endpoint of one's own. Line ends count as blanks."""

    no_vectors = "gave no vector for each text: choose a model that embeds sentences, not words"

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str,
        api_key: str,
        model: str,
        endpoint: str = "",
        **patience: Unpack[Patience],
    ) -> None:
        service = ModelEndpoint(
            http,
            provider=provider,
            headers=key_headers(api_key),
            secrets=(api_key.strip(),),
            **patience,
        )
        url = endpoint or f"{ROUTER_URL}/{quote(model, safe='/')}/pipeline/feature-extraction"
        super().__init__(service, url=url, model=model or endpoint, batch_size=_AT_ONCE)

    def _body(self, batch: Sequence[str]) -> Mapping[str, Any]:
        return {"inputs": [text.replace("\n", " ") for text in batch]}

    def _vectors(self, answer: Any) -> Any:
        return answer
