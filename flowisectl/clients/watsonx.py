"""The models of IBM's watsonx.ai (https://cloud.ibm.com/apidocs/watsonx-ai): chats, text models, embeddings."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Unpack

from flowisectl.clients.batched_embeddings import BatchedEmbeddings
from flowisectl.clients.completions import CompletionReader
from flowisectl.clients.endpoint import ModelEndpoint, Patience
from flowisectl.clients.openai_compatible import OpenAICompatibleChat
from flowisectl.clients.text_generation import TextModel, prompt_of
from flowisectl.clients.watsonx_account import WatsonxLogin
from flowisectl.clients.wire_chat import NO_OPTIONS, parse_event
from flowisectl.interfaces.chat_model import ChatChunk, ChatOptions
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage

_MOST_TEXTS = 100
_UNFINISHED = ("", "not_finished")


class WatsonxChat(OpenAICompatibleChat):
    """A model behind `/ml/v1/text/chat`: chat completions with other names for the model, the project and the choice of tools."""

    def __init__(self, http: HttpClient, login: WatsonxLogin, *, model: str, provider: str = "watsonx", **more: Any) -> None:
        super().__init__(http, provider=provider, base_url=login.service_url, api_key=login.token, model=model, **more)
        self._project = login.project
        self._urls = {True: login.url("text/chat_stream"), False: login.url("text/chat")}

    def _url(self, is_streaming: bool) -> str:
        return self._urls[is_streaming]

    def _reader(self, options: ChatOptions) -> CompletionReader:
        return _StreamReader(self._endpoint, is_structured=options.json_schema is not None)

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        body = super()._body(messages, options, is_streaming)
        for name in ("model", "stream", "stream_options"):
            body.pop(name, None)
        if isinstance(body.get("tool_choice"), str):
            body["tool_choice_option"] = body.pop("tool_choice")
        return {"model_id": self.model, "project_id": self._project, **body}

    def _message(self, message: ChatMessage) -> dict[str, Any]:
        data = super()._message(message)
        if data["role"] == "user" and isinstance(data["content"], str):
            data["content"] = [{"type": "text", "text": data["content"]}]
        return data


class _StreamReader(CompletionReader):
    def feed(self, event: bytes) -> ChatChunk | None:
        if b'"errors"' in event:
            _refuse(self._endpoint, parse_event(self._endpoint, event))
        return super().feed(event)


class WatsonxText(TextModel):
    """A model behind `/ml/v1/text/generation`, which goes on with a text. `params` are the request's `parameters`."""

    def __init__(
        self,
        http: HttpClient,
        login: WatsonxLogin,
        *,
        model: str,
        provider: str = "watsonx",
        streaming: bool = False,
        params: Mapping[str, Any] | None = None,
        **patience: Unpack[Patience],
    ) -> None:
        super().__init__(provider=provider, model=model, params=params or {})
        self.streaming = streaming
        self._login = login
        self._endpoint = ModelEndpoint(http, provider=provider, headers={"authorization": f"Bearer {login.token}"}, **patience)

    async def write_on(self, prompt: str, options: ChatOptions) -> str:
        answer = await self._endpoint.post(self._login.url("text/generation"), self._body(prompt, options))
        results = answer.get("results") if isinstance(answer, Mapping) else None
        if not results:
            raise self._endpoint.error(f"{self.provider} answered without a text")
        return str(results[0].get("generated_text") or "")

    def stream(self, messages: Sequence[ChatMessage], options: ChatOptions = NO_OPTIONS) -> AsyncIterator[ChatChunk]:
        if not self.streaming:
            return super().stream(messages, options)
        return self._streamed(options, lambda: self._pieces(self._body(prompt_of(messages), options)))

    async def _pieces(self, body: Mapping[str, Any]) -> AsyncGenerator[str, None]:
        is_done = False
        async with aclosing(self._endpoint.events(self._login.url("text/generation_stream"), body)) as lots:
            async for lot in lots:
                for event in lot:
                    data = parse_event(self._endpoint, event)
                    _refuse(self._endpoint, data)
                    for result in data.get("results") or ():
                        is_done = is_done or str(result.get("stop_reason") or "").lower() not in _UNFINISHED
                        if result.get("generated_text"):
                            yield str(result["generated_text"])
        if not is_done:
            raise self._endpoint.cut()

    def _body(self, prompt: str, options: ChatOptions) -> dict[str, Any]:
        stop = [*(self._params.get("stop_sequences") or ()), *options.stop]
        parameters = {**self._params, **({"stop_sequences": stop} if stop else {})}
        return {"model_id": self.model, "project_id": self._login.project, "input": prompt, "parameters": parameters}


class WatsonxEmbeddings(BatchedEmbeddings):
    """An embedding model behind `/ml/v1/text/embeddings`; implements `interfaces.embeddings.Embeddings`."""

    def __init__(
        self,
        http: HttpClient,
        login: WatsonxLogin,
        *,
        model: str,
        provider: str = "watsonx",
        most_tokens: int | None = None,
        **patience: Unpack[Patience],
    ) -> None:
        """`most_tokens`: longer texts are cut; None leaves it to the service."""
        headers = {"authorization": f"Bearer {login.token}"}
        endpoint = ModelEndpoint(http, provider=provider, headers=headers, **patience)
        super().__init__(endpoint, url=login.url("text/embeddings"), model=model, batch_size=_MOST_TEXTS)
        self._head: dict[str, Any] = {"model_id": model, "project_id": login.project}
        if most_tokens:
            self._head["parameters"] = {"truncate_input_tokens": most_tokens}

    def _body(self, batch: Sequence[str]) -> Mapping[str, Any]:
        return {**self._head, "inputs": batch}

    def _vectors(self, answer: Any) -> Any:
        return [result["embedding"] for result in answer["results"]]


def _refuse(endpoint: ModelEndpoint, data: Mapping[str, Any]) -> None:
    """Raises ProviderError for an event that tells of errors: `{"errors": [{"message"}], "status_code"}`."""
    errors = data.get("errors")
    if not errors:
        return
    first = errors[0] if isinstance(errors, list) else errors
    message = first.get("message") if isinstance(first, Mapping) else first
    status = data.get("status_code")
    status = status if isinstance(status, int) else 0
    raise endpoint.error(f"{status} {message}" if status else str(message), status)
