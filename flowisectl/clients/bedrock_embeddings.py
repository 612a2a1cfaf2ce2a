"""The embedding models of Amazon Bedrock: Titan, one text at a time, and Cohere
(https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html, …/model-parameters-embed.html)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from flowisectl.clients.aws_services import AwsEndpoint, service_url
from flowisectl.clients.aws_signing import AwsKeys, aws_quote
from flowisectl.clients.endpoint import Patience
from flowisectl.clients.openai_embeddings import checked
from flowisectl.interfaces.http import HttpClient

MOST_TEXTS = 96
"""The most texts that one request to a model of Cohere may have."""
AT_ONCE = 10
"""So many requests to a model of Titan at the same time, at most."""


class BedrockEmbeddings:
    """Implements `interfaces.embeddings.Embeddings`. `input_type` says what the vectors of a Cohere model are for."""

    def __init__(
        self,
        http: HttpClient,
        keys: AwsKeys,
        *,
        provider: str = "bedrock",
        region: str,
        base_url: str = "",
        model: str,
        input_type: str = "",
        batch_size: int = 50,
        **patience: Unpack[Patience],
    ) -> None:
        self.provider = provider
        self.model = model
        self._url = f"{(base_url or service_url('bedrock-runtime', region)).rstrip('/')}/model/{aws_quote(model)}/invoke"
        self._input_type = input_type
        self._at_once = min(max(batch_size, 1), AT_ONCE)
        self._endpoint = AwsEndpoint(http, keys, provider=provider, service="bedrock", region=region, **patience)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text, in order. Raises ProviderError."""
        vectors: list[list[float]] = []
        size = MOST_TEXTS if self._input_type else self._at_once
        for start in range(0, len(texts), size):
            batch = [*texts[start : start + size]]
            if self._input_type:
                body = {"texts": batch, "input_type": self._input_type}
                vectors += checked(self._endpoint, await self._ask(body), len(batch))
            else:
                vectors += [vector for (vector,) in await asyncio.gather(*(self._ask({"inputText": text}) for text in batch))]
        return vectors

    async def embed_query(self, text: str) -> list[float]:
        """The vector of one question. Raises ProviderError."""
        return (await self.embed([text]))[0]

    async def _ask(self, body: Mapping[str, Any]) -> list[list[float]]:
        answer = await self._endpoint.embed(self._url, body, self.model)
        try:
            found = [answer["embedding"]] if "embedding" in answer else answer["embeddings"]
            # Of Cohere's fourth generation: one list for each kind of number.
            rows = found["float"] if isinstance(found, Mapping) else found
            return [[float(number) for number in row] for row in rows]
        except (KeyError, TypeError, ValueError) as error:
            raise self._endpoint.error(f"{self.provider} gave an answer without embeddings") from error
