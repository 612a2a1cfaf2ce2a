"""Models that go on with a text and know no messages: OpenAI's completions, Hugging Face's inference API, Replicate."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Unpack
from urllib.parse import quote

import orjson

from flowisectl.clients.endpoint import ModelEndpoint, Patience, Pause, key_headers
from flowisectl.clients.openai_endpoint import OpenAIEndpoint
from flowisectl.clients.rest import RestService
from flowisectl.clients.wire_chat import address
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatChunk, ChatOptions, ChatReply
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.model_call import TEXT, CallListener, begin_call

HUGGING_FACE_URL = "https://router.huggingface.co/hf-inference/models"
REPLICATE_URL = "https://api.replicate.com/v1"
_NO_OPTIONS = ChatOptions()
_NAMES = {"system": "System", "developer": "System", "user": "Human", "assistant": "AI", "tool": "Tool"}


def prompt_of(messages: Sequence[ChatMessage]) -> str:
    """The messages as one text: a single one as it is, several with who said them in front."""
    if len(messages) == 1:
        return messages[0].text
    return "\n".join(f"{_NAMES[message.role]}: {message.text}" for message in messages)


class TextModel(ABC):
    """Implements `interfaces.chat_model.ChatModel`; the answer comes in one piece unless a subclass streams. Such models have no tools."""

    streaming = False
    allows_images = False

    def __init__(self, *, provider: str, model: str, params: Mapping[str, Any]) -> None:
        self.provider = provider
        self.model = model
        self._params = {name: value for name, value in params.items() if value is not None}

    @abstractmethod
    async def write_on(self, prompt: str, options: ChatOptions) -> str:
        """The text that follows. Raises ProviderError."""

    async def invoke(self, messages: Sequence[ChatMessage], options: ChatOptions = _NO_OPTIONS) -> ChatReply:
        self._check(options)
        call = begin_call(self.provider, self.model, TEXT)
        try:
            text = await self.write_on(prompt_of(messages), options)
        except ProviderError as error:
            self._tell(call, error.status)
            raise
        self._tell(call, 200)
        return ChatReply(text=text)

    def _tell(self, call: CallListener | None, status: int) -> None:
        """Whoever keeps an eye on the run hears of every call."""
        if call is not None:
            call.answered(provider=self.provider, model=self.model, status=status)

    def _check(self, options: ChatOptions) -> None:
        if options.tools or options.json_schema is not None:
            raise ProviderError(
                f"{self.provider}: this model cannot call tools or keep to a schema: choose a chat model", provider=self.provider
            )

    async def stream(self, messages: Sequence[ChatMessage], options: ChatOptions = _NO_OPTIONS) -> AsyncIterator[ChatChunk]:
        reply = await self.invoke(messages, options)
        yield ChatChunk(text=reply.text, reply=reply)

    async def _streamed(self, options: ChatOptions, begin: Callable[[], AsyncGenerator[str, None]]) -> AsyncIterator[ChatChunk]:
        """The pieces of a text as they come, then the whole."""
        self._check(options)
        pieces: list[str] = []
        call = begin_call(self.provider, self.model, TEXT)
        try:
            async with aclosing(begin()) as texts:
                async for text in texts:
                    if not pieces and call is not None:
                        call.first_token()
                    pieces.append(text)
                    yield ChatChunk(text=text)
        except ProviderError as error:
            self._tell(call, error.status)
            raise
        self._tell(call, 200)
        yield ChatChunk(reply=ChatReply(text="".join(pieces)))

    def cache_key(self) -> str:
        return orjson.dumps([self.provider, self.model, self._params], option=orjson.OPT_SORT_KEYS).decode()


class OpenAIText(TextModel):
    """A model behind `<base_url>/completions` (https://platform.openai.com/docs/api-reference/completions). It streams."""

    streaming = True

    def __init__(
        self,
        http: HttpClient,
        *,
        api_key: str,
        base_url: str,
        model: str,
        provider: str = "openAI",
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        key_header: str = "authorization",
        **patience: Unpack[Patience],
    ) -> None:
        super().__init__(provider=provider, model=model, params=params or {})
        self._url = address(base_url, "/completions")
        self._endpoint = OpenAIEndpoint(
            http,
            provider=provider,
            headers={**key_headers(api_key, key_header), **(headers or {})},
            secrets=(api_key.strip(),),
            **patience,
        )

    async def write_on(self, prompt: str, options: ChatOptions) -> str:
        answer = await self._endpoint.post(self._url, self._body(prompt, options))
        choices = answer.get("choices") if isinstance(answer, Mapping) else None
        if not choices:
            raise self._endpoint.error(f"{self.provider} answered without a text")
        return str(choices[0].get("text") or "")

    def stream(self, messages: Sequence[ChatMessage], options: ChatOptions = _NO_OPTIONS) -> AsyncIterator[ChatChunk]:
        return self._streamed(options, lambda: self._pieces({**self._body(prompt_of(messages), options), "stream": True}))

    async def _pieces(self, body: Mapping[str, Any]) -> AsyncGenerator[str, None]:
        is_done = False
        async with aclosing(self._endpoint.events(self._url, body)) as lots:
            async for lot in lots:
                for event in lot:
                    is_done = is_done or event == b"[DONE]"
                    for choice in () if event == b"[DONE]" else self._choices(event):
                        is_done = is_done or bool(choice.get("finish_reason"))
                        if choice.get("text"):
                            yield str(choice["text"])
        if not is_done:
            raise self._endpoint.cut()

    def _choices(self, event: bytes) -> list[Mapping[str, Any]]:
        try:
            data = orjson.loads(event)
        except ValueError as error:
            raise self._endpoint.error(f"{self.provider} sent something that is not JSON: {event[:200]!r}") from error
        if isinstance(data, Mapping) and data.get("error"):
            raise self._endpoint.error(f"{self.provider} broke off: {orjson.dumps(data['error']).decode()[:500]}")
        return list(data.get("choices") or []) if isinstance(data, Mapping) else []

    def _body(self, prompt: str, options: ChatOptions) -> dict[str, Any]:
        stop = {"stop": [*options.stop]} if options.stop else {}
        return {"model": self.model, "prompt": prompt, **self._params, **stop}


class HuggingFaceText(TextModel):
    """A text-generation model (https://huggingface.co/docs/inference-providers/tasks/text-generation), at an endpoint of its own
    when `endpoint` is not empty."""

    def __init__(
        self,
        http: HttpClient,
        *,
        api_key: str,
        model: str,
        endpoint: str = "",
        params: Mapping[str, Any] | None = None,
        **patience: Unpack[Patience],
    ) -> None:
        super().__init__(provider="huggingface", model=model or endpoint, params=params or {})
        self._url = endpoint or f"{HUGGING_FACE_URL}/{quote(model, safe='/')}"
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._endpoint = ModelEndpoint(http, provider="huggingface", headers=headers, secrets=(api_key,), **patience)

    async def write_on(self, prompt: str, options: ChatOptions) -> str:
        parameters = {**self._params, "return_full_text": False, **({"stop": [*options.stop]} if options.stop else {})}
        answer = await self._endpoint.post(self._url, {"inputs": prompt, "parameters": parameters})
        found = answer[0] if isinstance(answer, list) and answer else answer
        text = found.get("generated_text") if isinstance(found, Mapping) else None
        if not isinstance(text, str):
            raise self._endpoint.error(f"huggingface answered without a text: {orjson.dumps(answer).decode()[:200]}")
        return text.removeprefix(prompt)


class ReplicateText(TextModel):
    """A model of Replicate (https://replicate.com/docs/reference/http): a prediction is made, then waited for."""

    WAIT_SECONDS = 300.0

    def __init__(
        self, http: HttpClient, *, api_key: str, model: str, params: Mapping[str, Any] | None = None, pause: Pause = asyncio.sleep
    ) -> None:
        super().__init__(provider="replicate", model=model, params=params or {})
        headers = {"authorization": f"Bearer {api_key}", "prefer": "wait=30"}
        self._service = RestService(http, provider="replicate", base_url=REPLICATE_URL, headers=headers, secrets=(api_key,))
        self._pause = pause

    async def write_on(self, prompt: str, options: ChatOptions) -> str:
        name, _, version = self.model.partition(":")
        given = {"prompt": prompt, **self._params, **({"stop_sequences": ",".join(options.stop)} if options.stop else {})}
        if version:
            made = await self._service.json("POST", "/predictions", {"version": version, "input": given})
        else:
            made = await self._service.json("POST", f"/models/{quote(name, safe='/')}/predictions", {"input": given})
        try:
            async with asyncio.timeout(self.WAIT_SECONDS):
                done = await self._finished(made)
        except TimeoutError as error:
            raise self._service.error(f"replicate did not finish within {self.WAIT_SECONDS:g} s") from error
        output = done.get("output")
        return "".join(str(piece) for piece in output) if isinstance(output, list) else str(output or "")

    async def _finished(self, prediction: Mapping[str, Any]) -> Mapping[str, Any]:
        wait = 0.5
        while prediction.get("status") not in ("succeeded", "failed", "canceled", "aborted"):
            await self._pause(wait)
            wait = min(wait * 1.5, 5.0)
            prediction = await self._service.json("GET", f"/predictions/{quote(str(prediction['id']), safe='')}")
        if prediction["status"] != "succeeded":
            raise self._service.error(f"replicate ended with {prediction['status']}: {prediction.get('error') or 'it does not say why'}")
        return prediction
