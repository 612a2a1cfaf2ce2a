"""The models of Google's Vertex AI: Gemini, Claude and the text embeddings
(https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest-rpc)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Unpack
from urllib.parse import quote

from flowisectl.clients.anthropic import AnthropicChat
from flowisectl.clients.batched_embeddings import BatchedEmbeddings
from flowisectl.clients.endpoint import ModelEndpoint, Patience
from flowisectl.clients.google import GeminiChat
from flowisectl.clients.google_account import GoogleLogin
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.chat_model import ChatOptions
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage

DEFAULT_REGION = "us-central1"
GLOBAL = "global"
_REGION = re.compile(r"[a-z]+(?:-[a-z]+\d+)?")
_CLAUDE_VERSION = "vertex-2023-10-16"
_MOST_TEXTS = 5
"""Models of every age take so many texts in one request; those of the Gemini family take one."""


def model_url(login: GoogleLogin, *, region: str, model: str, publisher: str = "google", base_url: str = "") -> str:
    """The address of a model, without the method at its end. Raises InvalidFlow for what is no region."""
    if not _REGION.fullmatch(region):
        raise InvalidFlow(f"{region!r} is no region of Google Cloud, such as {DEFAULT_REGION}")
    host = "https://aiplatform.googleapis.com" if region == GLOBAL else f"https://{region}-aiplatform.googleapis.com"
    place = f"projects/{quote(login.project, safe='')}/locations/{region}/publishers/{publisher}/models/{quote(model, safe='@')}"
    return f"{base_url.rstrip('/') or host}/v1/{place}"


def region_of(given: str, model: str) -> str:
    """The region to ask in when none is given: the newest models answer from everywhere only."""
    return given or (GLOBAL if model.startswith("gemini-3") else DEFAULT_REGION)


def vertex_gemini(http: HttpClient, login: GoogleLogin, *, region: str, model: str, base_url: str = "", **more: Any) -> GeminiChat:
    """A Gemini model; `more` goes to GeminiChat."""
    return GeminiChat(
        http,
        api_key="",
        model=model,
        model_url=model_url(login, region=region, model=model, base_url=base_url),
        headers={"authorization": f"Bearer {login.token}"},
        **more,
    )


class VertexClaude(AnthropicChat):
    """A Claude model behind `…/publishers/anthropic/models/<model>:streamRawPredict`; the wire is Anthropic's own but for the model."""

    def __init__(self, http: HttpClient, login: GoogleLogin, *, region: str, model: str, base_url: str = "", **more: Any) -> None:
        super().__init__(http, api_key="", model=model, headers={"authorization": f"Bearer {login.token}"}, **more)
        self._address = model_url(login, region=region, model=model, publisher="anthropic", base_url=base_url)

    def _url(self, is_streaming: bool) -> str:
        return f"{self._address}:streamRawPredict" if is_streaming else f"{self._address}:rawPredict"

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        body = super()._body(messages, options, is_streaming)
        del body["model"]
        return {"anthropic_version": _CLAUDE_VERSION, **body}


class VertexEmbeddings(BatchedEmbeddings):
    """An embedding model behind `…/publishers/google/models/<model>:predict`; implements `interfaces.embeddings.Embeddings`."""

    def __init__(
        self,
        http: HttpClient,
        login: GoogleLogin,
        *,
        provider: str = "vertex",
        region: str = DEFAULT_REGION,
        base_url: str = "",
        model: str,
        strip_new_lines: bool = True,
        **patience: Unpack[Patience],
    ) -> None:
        headers = {"authorization": f"Bearer {login.token}"}
        super().__init__(
            ModelEndpoint(http, provider=provider, headers=headers, **patience),
            url=f"{model_url(login, region=region, model=model, base_url=base_url)}:predict",
            model=model,
            batch_size=1 if model.startswith("gemini-embedding") else _MOST_TEXTS,
        )
        self._strip_new_lines = strip_new_lines

    def _body(self, batch: Sequence[str]) -> Mapping[str, Any]:
        return {"instances": [{"content": text.replace("\n", " ") if self._strip_new_lines else text} for text in batch]}

    def _vectors(self, answer: Any) -> Any:
        return [prediction["embeddings"]["values"] for prediction in answer["predictions"]]
