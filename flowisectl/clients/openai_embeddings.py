"""Embedding models that speak OpenAI's protocol (https://platform.openai.com/docs/api-reference/embeddings)."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from flowisectl.clients.endpoint import ModelEndpoint, Patience, key_headers
from flowisectl.clients.openai_endpoint import OpenAIEndpoint
from flowisectl.clients.wire_chat import address, without_none
from flowisectl.interfaces.http import HttpClient


class OpenAICompatibleEmbeddings:
    """An embedding model behind `<base_url>/embeddings`; implements `interfaces.embeddings.Embeddings`.

    `params` go into the request as they are. Without `encoding_format` among them vectors are asked for in base64, a quarter
    of the bytes; with None it is left out. Servers that ignore it are understood. `question_params` replace some of them for
    questions, where a provider tells these from the texts that are searched.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str,
        base_url: str,
        api_key: str,
        model: str,
        params: Mapping[str, Any] | None = None,
        question_params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        batch_size: int = 512,
        strip_new_lines: bool = False,
        key_header: str = "authorization",
        **patience: Unpack[Patience],
    ) -> None:
        self.provider = provider
        self.model = model
        self._url = address(base_url, "/embeddings")
        self._head = {"model": model, **without_none({"encoding_format": "base64", **(params or {})})}
        self._question_head = {**self._head, **(question_params or {})}
        self._batch_size = max(batch_size, 1)
        self._strip_new_lines = strip_new_lines
        self._endpoint = OpenAIEndpoint(
            http,
            provider=provider,
            headers={**key_headers(api_key, key_header), **(headers or {})},
            secrets=(api_key.strip(),),
            **patience,
        )

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in order, asked for in batches. Raises ProviderError."""
        if self._strip_new_lines:
            texts = [text.replace("\n", " ") for text in texts]
        vectors: list[list[float]] = []
        for start in range(0, len(texts), self._batch_size):
            batch = [*texts[start : start + self._batch_size]]
            vectors += await self._ask(self._head, batch, len(batch))
        return vectors

    async def embed_query(self, text: str) -> list[float]:
        """The vector of one question, sent as a text of its own instead of a list. Raises ProviderError."""
        return (await self._ask(self._question_head, text.replace("\n", " ") if self._strip_new_lines else text, 1))[0]

    async def _ask(self, head: Mapping[str, Any], texts: str | list[str], count: int) -> list[list[float]]:
        answer = await self._endpoint.embed(self._url, {**head, "input": texts}, self.model)
        try:
            rows = sorted(answer["data"], key=lambda row: row.get("index") or 0)
            vectors = [_vector(row["embedding"]) for row in rows]
        except (KeyError, TypeError, AttributeError, ValueError, struct.error) as error:
            raise self._endpoint.error(f"{self.provider} gave an answer without embeddings") from error
        return checked(self._endpoint, vectors, count)


def checked(endpoint: ModelEndpoint, vectors: list[list[float]], count: int) -> list[list[float]]:
    """The vectors, when there is one for each text. Raises ProviderError."""
    if len(vectors) != count:
        raise endpoint.error(f"{endpoint.provider} gave {len(vectors)} embeddings for {count} texts")
    return vectors


def _vector(value: str | list[float]) -> list[float]:
    """A vector given as numbers or as base64 of little-endian 32-bit floats."""
    if isinstance(value, str):
        raw = base64.b64decode(value, validate=True)
        return [*struct.unpack(f"<{len(raw) // 4}f", raw)]
    return [float(number) for number in value]
