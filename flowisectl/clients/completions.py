"""Answers of OpenAI's chat completions, streamed or whole, put together into a reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.clients.endpoint import ModelEndpoint
from flowisectl.clients.wire_chat import parse_arguments, parse_event, streamed_error
from flowisectl.interfaces.chat_model import ChatChunk, ChatReply
from flowisectl.interfaces.message import ToolCall


class CompletionReader:
    """Takes the events of one streamed answer, gives chunks, and at the end the reply.

    With `is_structured` the arguments of the forced function are the answer: they become the reply's text.
    """

    def __init__(self, endpoint: ModelEndpoint, *, is_structured: bool = False) -> None:
        self._endpoint = endpoint
        self._is_structured = is_structured
        self._texts: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[_PartialCall] = []
        self._usage: Mapping[str, Any] | None = None
        self._finish_reason: str | None = None
        self._model = ""
        self._fingerprint: str | None = None
        self.is_done = False
        """The provider said that this is all."""

    def feed(self, event: bytes) -> ChatChunk | None:
        """One event's data. Raises ProviderError when it is an error or cannot be read."""
        if event == b"[DONE]":
            self.is_done = True
            return None
        data = parse_event(self._endpoint, event)
        choices = data.get("choices")
        if data.get("error"):
            raise streamed_error(self._endpoint, data["error"])
        if usage := data.get("usage"):
            self._usage = usage
        if not self._model:
            self._model = data.get("model") or ""
            self._fingerprint = data.get("system_fingerprint")
        if not choices:
            return None
        choice = choices[0]
        if reason := choice.get("finish_reason"):
            self._finish_reason = reason
        delta = choice.get("delta")
        return self._delta(delta) if delta else None

    def _delta(self, delta: Mapping[str, Any]) -> ChatChunk | None:
        text = delta.get("content")
        if len(delta) == 1 and type(text) is str:  # nearly all of a stream
            if not text:
                return None
            self._texts.append(text)
            return ChatChunk(text)
        text = text or delta.get("refusal")
        if isinstance(text, list):  # Mistral's reasoning models send parts
            thoughts, text = _split_parts(text)
        else:
            thoughts = delta.get("reasoning_content") or delta.get("reasoning") or ""
        if calls := delta.get("tool_calls"):
            return ChatChunk(text=self._add_calls(calls), is_tool_call=True)
        if not text and not thoughts:
            return None
        if text:
            self._texts.append(text)
        if thoughts:
            self._reasoning.append(thoughts)
        return ChatChunk(text or "", thoughts)

    def _add_calls(self, deltas: list[Mapping[str, Any]]) -> str:
        added = ""
        for delta in deltas:
            function = delta.get("function") or {}
            call = self._call_of(delta.get("index"), delta.get("id"))
            call.id = call.id or delta.get("id") or ""
            call.name = call.name or function.get("name") or ""
            piece = function.get("arguments") or ""
            if not isinstance(piece, str):
                piece = orjson.dumps(piece).decode()
            call.arguments.append(piece)
            added += piece
        return added

    def _call_of(self, index: int | None, call_id: str | None) -> _PartialCall:
        """The call that a delta belongs to; providers without indexes begin a call by giving its id."""
        if index is None:
            if self._calls and (not call_id or self._calls[-1].id == call_id):
                return self._calls[-1]
            index = len(self._calls)
        for call in self._calls:
            if call.index == index:
                return call
        call = _PartialCall(index)
        self._calls.append(call)
        return call

    def reply(self) -> ChatReply:
        """The whole answer. Raises ProviderError when it was cut off or a tool call cannot be read."""
        if not self.is_done and self._finish_reason is None:
            raise self._endpoint.cut()
        return _reply(
            self._endpoint,
            text="".join(self._texts),
            reasoning="".join(self._reasoning),
            calls=[(call.id or f"call_{call.index}", call.name, "".join(call.arguments)) for call in self._calls],
            usage=self._usage,
            metadata=_metadata(self._finish_reason, self._model, self._fingerprint, self._usage, self._endpoint.provider),
            is_structured=self._is_structured,
        )


class _PartialCall:
    __slots__ = ("arguments", "id", "index", "name")

    def __init__(self, index: int) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


def read_completion(endpoint: ModelEndpoint, answer: Any, *, is_structured: bool = False) -> ChatReply:
    """The reply in an answer that came in one piece. Raises ProviderError."""
    if isinstance(answer, dict) and answer.get("error"):
        raise streamed_error(endpoint, answer["error"])
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        calls = [_whole_call(call, number) for number, call in enumerate(message.get("tool_calls") or ())]
        text = message.get("content") or message.get("refusal") or ""
        thoughts = message.get("reasoning_content") or message.get("reasoning") or ""
        usage = answer.get("usage")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise endpoint.error(f"{endpoint.provider} gave an answer without a message") from error
    if isinstance(text, list):
        thoughts, text = _split_parts(text)
    fingerprint = answer.get("system_fingerprint")
    return _reply(
        endpoint,
        text=text,
        reasoning=thoughts,
        calls=calls,
        usage=usage,
        metadata={
            **({"tokenUsage": _token_usage(usage)} if usage else {}),
            **_metadata(choice.get("finish_reason"), answer.get("model") or "", fingerprint, usage, endpoint.provider),
        },
        is_structured=is_structured,
    )


def _token_usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    """The usage as answers that came in one piece have it a second time."""
    names = {"promptTokens": "prompt_tokens", "completionTokens": "completion_tokens", "totalTokens": "total_tokens"}
    return {ours: usage[theirs] for ours, theirs in names.items() if usage.get(theirs)}


def _whole_call(call: Mapping[str, Any], number: int) -> tuple[str, str, str]:
    function = call["function"]
    arguments = function.get("arguments") or ""
    if not isinstance(arguments, str):
        arguments = orjson.dumps(arguments).decode()
    return call.get("id") or f"call_{number}", function["name"], arguments


def _reply(
    endpoint: ModelEndpoint,
    *,
    text: str,
    reasoning: str,
    calls: list[tuple[str, str, str]],
    usage: Mapping[str, Any] | None,
    metadata: Mapping[str, Any],
    is_structured: bool,
) -> ChatReply:
    tool_calls = tuple(ToolCall(id=call_id, name=name, arguments=parse_arguments(endpoint, name, raw)) for call_id, name, raw in calls)
    if is_structured and calls:
        text, tool_calls = calls[0][2], ()
    return ChatReply(
        text=text, reasoning=reasoning, tool_calls=tool_calls, usage=to_usage(usage) if usage else None, response_metadata=metadata
    )


def to_usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    """`{input_tokens, output_tokens, total_tokens, input_token_details, output_token_details}`"""
    given, made = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    inputs, outputs = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    return {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": usage.get("total_tokens") or given + made,
        "input_token_details": _details(inputs, audio="audio_tokens", cache_read="cached_tokens"),
        "output_token_details": _details(outputs, audio="audio_tokens", reasoning="reasoning_tokens"),
    }


def _details(source: Mapping[str, Any], **names: str) -> dict[str, Any]:
    return {ours: source[theirs] for ours, theirs in names.items() if source.get(theirs) is not None}


def _metadata(finish_reason: str | None, model: str, fingerprint: str | None, usage: Any, provider: str) -> dict[str, Any]:
    data: dict[str, Any] = {"model_provider": provider}
    if usage:
        data["usage"] = dict(usage)
    data["finish_reason"] = finish_reason
    if fingerprint:
        data["system_fingerprint"] = fingerprint
    data["model_name"] = model
    return data


def _split_parts(parts: list[Any]) -> tuple[str, str]:
    """(thoughts, text) of content in parts: `{type: text, text}` and `{type: thinking, thinking: [{text}]}`."""
    thoughts, text = "", ""
    for part in parts:
        if isinstance(part, str):
            text += part
        elif part.get("type") == "thinking":
            inner = part.get("thinking") or ""
            thoughts += inner if isinstance(inner, str) else "".join(item.get("text") or "" for item in inner)
        else:
            text += part.get("text") or ""
    return thoughts, text
