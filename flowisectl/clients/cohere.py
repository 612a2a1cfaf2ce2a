"""Cohere's models over its API, version 2 (https://docs.cohere.com/reference/chat, …/embed)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import orjson

from flowisectl.clients.batched_embeddings import BatchedEmbeddings
from flowisectl.clients.endpoint import ModelEndpoint, Patience, key_headers
from flowisectl.clients.wire_chat import WireChat, address, parse_arguments, parse_event, without_none
from flowisectl.interfaces.chat_model import ChatChunk, ChatOptions, ChatReply
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall

COHERE_URL = "https://api.cohere.com"
_MOST_TEXTS = 96
"""The most texts that one embedding request may have."""
_FAILED = frozenset(("ERROR", "ERROR_TOXIC", "ERROR_LIMIT", "TIMEOUT"))


class CohereChat(WireChat):
    """A model behind `<base_url>/v2/chat`. `params` go into the request as they are; those that are None are left out."""

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str = "cohere",
        base_url: str = COHERE_URL,
        api_key: str,
        model: str,
        streaming: bool = True,
        allows_images: bool = False,
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
        super().__init__(
            endpoint,
            url=address(base_url, "/v2/chat"),
            head={"model": model, **without_none(params or {})},
            model=model,
            streaming=streaming,
            allows_images=allows_images,
        )

    def _reader(self, options: ChatOptions) -> CohereReader:
        return CohereReader(self._endpoint)

    def _whole(self, answer: Any, options: ChatOptions) -> ChatReply:
        reader = CohereReader(self._endpoint)
        reader.take_whole(answer)
        return reader.reply()

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        body: dict[str, Any] = {**self._head, "stream": is_streaming, "messages": [_message(message) for message in messages]}
        tools = options.tools
        if options.tool_choice in ("none", "required"):
            body["tool_choice"] = options.tool_choice.upper()
        elif options.tool_choice not in (None, "auto"):
            # No single tool can be forced; offering only that one comes to the same.
            tools = tuple(tool for tool in tools if tool.name == options.tool_choice)
            body["tool_choice"] = "REQUIRED"
        if tools:
            body["tools"] = [
                {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}}
                for tool in tools
            ]
        if options.json_schema is not None:
            body["response_format"] = {"type": "json_object", "json_schema": options.json_schema}
        if options.stop:
            body["stop_sequences"] = [*options.stop]
        return body


class CohereReader:
    """Takes the events of one streamed answer, gives chunks, and at the end the reply."""

    def __init__(self, endpoint: ModelEndpoint) -> None:
        self._endpoint = endpoint
        self._texts: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[int, tuple[str, str, list[str]]] = {}
        self._usage: Mapping[str, Any] = {}
        self._finish_reason = ""
        self.is_done = False

    def feed(self, event: bytes) -> ChatChunk | None:
        data = parse_event(self._endpoint, event)
        kind, delta = data.get("type"), data.get("delta") or {}
        message = delta.get("message") or {}
        if kind == "content-delta":
            content = message.get("content") or {}
            text, reasoning = content.get("text") or "", content.get("thinking") or ""
            self._texts.append(text)
            self._reasoning.append(reasoning)
            return ChatChunk(text=text, reasoning=reasoning) if text or reasoning else None
        if kind == "tool-plan-delta":
            plan = message.get("tool_plan") or ""
            self._reasoning.append(plan)
            return ChatChunk(reasoning=plan) if plan else None
        if kind in ("tool-call-start", "tool-call-delta"):
            return self._add_call(data.get("index") or 0, message.get("tool_calls") or {})
        if kind == "message-end":
            if message_error := delta.get("error"):
                raise self._endpoint.error(str(message_error))
            self._finish_reason, self._usage = delta.get("finish_reason") or "COMPLETE", delta.get("usage") or {}
            self.is_done = True
        return None

    def _add_call(self, index: int, call: Mapping[str, Any]) -> ChatChunk:
        function = call.get("function") or {}
        known = self._calls.setdefault(index, (call.get("id") or f"call_{index}", function.get("name") or "", []))
        piece = function.get("arguments") or ""
        known[2].append(piece)
        return ChatChunk(text=piece, is_tool_call=True)

    def take_whole(self, answer: Any) -> None:
        """An answer that came in one piece. Raises ProviderError."""
        try:
            message = answer["message"]
            for part in message.get("content") or ():
                self._texts.append(part.get("text") or "")
                self._reasoning.append(part.get("thinking") or "")
            self._reasoning.append(message.get("tool_plan") or "")
            for index, call in enumerate(message.get("tool_calls") or ()):
                self._add_call(index, call)
            self._finish_reason, self._usage = answer.get("finish_reason") or "COMPLETE", answer.get("usage") or {}
        except (KeyError, TypeError, AttributeError) as error:
            raise self._endpoint.error(f"{self._endpoint.provider} gave an answer without a message") from error

    def reply(self) -> ChatReply:
        """The whole answer. Raises ProviderError when it was cut off or failed half-way."""
        if not self._finish_reason:
            raise self._endpoint.cut()
        if self._finish_reason in _FAILED:
            raise self._endpoint.error(f"{self._endpoint.provider} stopped answering: {self._finish_reason}")
        calls = tuple(
            ToolCall(id=call_id, name=name, arguments=parse_arguments(self._endpoint, name, "".join(pieces)))
            for _, (call_id, name, pieces) in sorted(self._calls.items())
        )
        return ChatReply(
            text="".join(self._texts),
            reasoning="".join(self._reasoning),
            tool_calls=calls,
            usage=_usage(self._usage) if self._usage else None,
            response_metadata={
                "model_provider": self._endpoint.provider,
                "usage": dict(self._usage),
                "finish_reason": self._finish_reason,
                "model_name": "",
            },
        )


class CohereEmbeddings(BatchedEmbeddings):
    """An embedding model behind `<base_url>/v2/embed`; implements `interfaces.embeddings.Embeddings`.

    `input_type` says what vectors of texts are for, `question_type` what those of questions are for.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str = "cohere",
        base_url: str = COHERE_URL,
        api_key: str,
        model: str,
        input_type: str = "search_document",
        question_type: str = "search_query",
        **patience: Unpack[Patience],
    ) -> None:
        endpoint = ModelEndpoint(
            http,
            provider=provider,
            headers=key_headers(api_key),
            secrets=(api_key.strip(),),
            **patience,
        )
        super().__init__(endpoint, url=address(base_url, "/v2/embed"), model=model, batch_size=_MOST_TEXTS)
        self._head = {"model": model, "input_type": input_type, "embedding_types": ["float"]}
        self._question_type = question_type

    def _body(self, batch: Sequence[str]) -> Mapping[str, Any]:
        return {**self._head, "texts": batch}

    def _question_body(self, batch: Sequence[str]) -> Mapping[str, Any]:
        return {**self._head, "input_type": self._question_type, "texts": batch}

    def _vectors(self, answer: Any) -> Any:
        return answer["embeddings"]["float"]


def _message(message: ChatMessage) -> dict[str, Any]:
    role = "system" if message.role == "developer" else message.role
    content = message.content if isinstance(message.content, str) else [dict(part) for part in message.content]
    data: dict[str, Any] = {"role": role, "content": content}
    if message.tool_calls:
        data["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": orjson.dumps(call.arguments).decode()}}
            for call in message.tool_calls
        ]
        if not content:
            del data["content"]
    if message.tool_call_id is not None:
        data["tool_call_id"] = message.tool_call_id
    return data


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    tokens = usage.get("tokens") or usage.get("billed_units") or {}
    given, made = int(tokens.get("input_tokens") or 0), int(tokens.get("output_tokens") or 0)
    return {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": given + made,
        "input_token_details": {},
        "output_token_details": {},
    }
