"""Models that Ollama serves, over its own API (https://github.com/ollama/ollama/blob/main/docs/api.md)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from flowisectl.clients.batched_embeddings import BatchedEmbeddings
from flowisectl.clients.endpoint import ModelEndpoint, Patience, key_headers
from flowisectl.clients.sse import MAX_EVENT_BYTES
from flowisectl.clients.wire_chat import (
    WireChat,
    address,
    image_url,
    parse_arguments,
    parse_event,
    split_data_url,
    streamed_error,
    without_none,
)
from flowisectl.interfaces.chat_model import ChatChunk, ChatOptions, ChatReply
from flowisectl.interfaces.http import HttpClient, HttpFailed
from flowisectl.interfaces.message import ChatMessage, ToolCall


class LineParser:
    """Takes the pieces of an answer that has one JSON object in each line, gives the lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that this piece completes. Raises HttpFailed when one line grows too large."""
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_EVENT_BYTES:
            raise HttpFailed(f"one line of the answer is larger than {MAX_EVENT_BYTES} bytes")
        return [line for line in lines if line.strip()]

    def close(self) -> list[bytes]:
        return self.feed(b"\n")


class OllamaChat(WireChat):
    """A model behind `<base_url>/api/chat`.

    `options` are the model's own (`temperature`, `num_ctx` …), `params` members of the request (`keep_alive`, `think`, `format`);
    those that are None are left out. Images are sent only as data: Ollama fetches nothing.
    """

    parser = LineParser

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str = "ollama",
        base_url: str = "http://localhost:11434",
        api_key: str = "",
        model: str,
        streaming: bool = True,
        allows_images: bool = False,
        options: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **patience: Unpack[Patience],
    ) -> None:
        endpoint = ModelEndpoint(
            http,
            provider=provider,
            headers={**key_headers(api_key), **(headers or {})},
            secrets=(api_key.strip(),),
            **patience,
        )
        settings = without_none(options or {})
        head = {"model": model, **without_none(params or {}), **({"options": settings} if settings else {})}
        super().__init__(
            endpoint,
            url=address(base_url, "/api/chat"),
            head=head,
            model=model,
            streaming=streaming,
            allows_images=allows_images,
        )

    def _reader(self, options: ChatOptions) -> OllamaReader:
        return OllamaReader(self._endpoint)

    def _whole(self, answer: Any, options: ChatOptions) -> ChatReply:
        if not isinstance(answer, dict):
            raise self._endpoint.error(f"{self.provider} gave an answer without a message")
        reader = OllamaReader(self._endpoint)
        reader.take(answer)
        return reader.reply()

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        names = {call.id: call.name for message in messages for call in message.tool_calls}
        body: dict[str, Any] = {**self._head, "stream": is_streaming, "messages": [_message(message, names) for message in messages]}
        if options.stop:
            body["options"] = {**body.get("options", {}), "stop": [*options.stop]}
        if options.json_schema is not None:
            body["format"] = options.json_schema
        if options.tools and options.tool_choice != "none":
            body["tools"] = [
                {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}}
                for tool in options.tools
            ]
        return body


class OllamaReader:
    """Takes the lines of one streamed answer, gives chunks, and at the end the reply."""

    def __init__(self, endpoint: ModelEndpoint) -> None:
        self._endpoint = endpoint
        self._texts: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[ToolCall] = []
        self._last: Mapping[str, Any] = {}
        self.is_done = False

    def feed(self, event: bytes) -> ChatChunk | None:
        return self.take(parse_event(self._endpoint, event))

    def take(self, data: Mapping[str, Any]) -> ChatChunk | None:
        """One object of the answer. Raises ProviderError when it is an error."""
        if data.get("error"):
            raise streamed_error(self._endpoint, data["error"])
        if data.get("done"):
            self.is_done, self._last = True, data
        message = data.get("message") or {}
        text, reasoning = message.get("content") or "", message.get("thinking") or ""
        calls = message.get("tool_calls") or ()
        for call in calls:
            self._calls.append(self._call(call.get("function") or {}, call.get("id")))
        if text:
            self._texts.append(text)
        if reasoning:
            self._reasoning.append(reasoning)
        return ChatChunk(text=text, reasoning=reasoning, is_tool_call=bool(calls) and not text) if text or reasoning or calls else None

    def _call(self, function: Mapping[str, Any], call_id: str | None) -> ToolCall:
        name, given = str(function.get("name") or ""), function.get("arguments") or {}
        arguments = parse_arguments(self._endpoint, name, given) if isinstance(given, str) else dict(given)
        return ToolCall(id=call_id or f"call_{uuid.uuid4().hex}", name=name, arguments=arguments)

    def reply(self) -> ChatReply:
        """The whole answer. Raises ProviderError when it was cut off."""
        if not self.is_done:
            raise self._endpoint.cut()
        given, made = self._last.get("prompt_eval_count") or 0, self._last.get("eval_count") or 0
        usage = {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}
        metadata = {name: value for name, value in self._last.items() if name not in ("message", "done", "model", "done_reason")}
        return ChatReply(
            text="".join(self._texts),
            reasoning="".join(self._reasoning),
            tool_calls=tuple(self._calls),
            usage={**usage, "input_token_details": {}, "output_token_details": {}} if given or made else None,
            response_metadata={
                **metadata,
                "model_provider": self._endpoint.provider,
                "finish_reason": self._last.get("done_reason") or "stop",
                "model_name": self._last.get("model") or "",
            },
        )


class OllamaEmbeddings(BatchedEmbeddings):
    """An embedding model behind `<base_url>/api/embed`; implements `interfaces.embeddings.Embeddings`."""

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str = "ollama",
        base_url: str = "http://localhost:11434",
        api_key: str = "",
        model: str,
        options: Mapping[str, Any] | None = None,
        batch_size: int = 512,
        **patience: Unpack[Patience],
    ) -> None:
        endpoint = ModelEndpoint(
            http,
            provider=provider,
            headers=key_headers(api_key),
            secrets=(api_key.strip(),),
            **patience,
        )
        super().__init__(endpoint, url=address(base_url, "/api/embed"), model=model, batch_size=batch_size)
        settings = without_none(options or {})
        self._head = {"model": model, **({"options": settings} if settings else {})}

    def _body(self, batch: Sequence[str]) -> Mapping[str, Any]:
        return {**self._head, "input": batch}

    def _vectors(self, answer: Any) -> Any:
        return answer["embeddings"]


def _message(message: ChatMessage, names: Mapping[str, str]) -> dict[str, Any]:
    role = "system" if message.role == "developer" else message.role
    data: dict[str, Any] = {"role": role, "content": message.text}
    if not isinstance(message.content, str):
        found = (split_data_url(image_url(part)) for part in message.content if part.get("type") == "image_url")
        if images := [image[1] for image in found if image]:
            data["images"] = images
    if message.tool_calls:
        data["tool_calls"] = [{"function": {"name": call.name, "arguments": dict(call.arguments)}} for call in message.tool_calls]
    if message.role == "tool" and (name := message.name or names.get(message.tool_call_id or "")):
        data["tool_name"] = name
    return data
