"""Answers of Anthropic's Messages API, streamed or whole (https://docs.anthropic.com/en/api/messages-streaming)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from flowisectl.clients.endpoint import ModelEndpoint
from flowisectl.clients.wire_chat import parse_arguments, parse_event, streamed_error
from flowisectl.interfaces.chat_model import ChatChunk, ChatReply
from flowisectl.interfaces.message import ChatMessage, ToolCall


class ThoughtKeeper:
    """The thinking blocks that came before tool calls, by the id of the first of these calls."""

    def __init__(self) -> None:
        self._blocks: dict[str, list[dict[str, Any]]] = {}

    def keep(self, calls: Sequence[ToolCall], blocks: list[dict[str, Any]]) -> None:
        if calls:
            self._blocks[calls[0].id] = blocks

    def of(self, message: ChatMessage) -> list[dict[str, Any]]:
        return self._blocks.get(message.tool_calls[0].id, []) if message.tool_calls else []

    def knows(self, messages: Sequence[ChatMessage]) -> bool:
        """Whether the thoughts of every message with tool calls since the user's last words are known."""
        for message in reversed(messages):
            if message.role == "user":
                return True
            if message.tool_calls and message.tool_calls[0].id not in self._blocks:
                return False
        return True


class MessageReader:
    """Takes the events of one streamed answer, gives chunks, and at the end the reply."""

    def __init__(self, endpoint: ModelEndpoint, thoughts: ThoughtKeeper, *, is_structured: bool = False) -> None:
        self._endpoint = endpoint
        self._thoughts = thoughts
        self._is_structured = is_structured
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: dict[int, list[str]] = {}
        self._usage: dict[str, Any] = {}
        self._stop_reason: str | None = None
        self._model = ""
        self.is_done = False

    def feed(self, event: bytes) -> ChatChunk | None:
        data = parse_event(self._endpoint, event)
        kind = data.get("type")
        if kind == "content_block_delta":
            return self._delta(data.get("index", 0), data.get("delta") or {})
        if kind == "content_block_start":
            block = dict(data.get("content_block") or {})
            self._blocks[data.get("index", 0)] = block
            self._pieces[data.get("index", 0)] = []
            if block.get("type") == "tool_use":
                return ChatChunk(is_tool_call=True)
        elif kind == "message_start":
            message = data.get("message") or {}
            self._model = message.get("model") or ""
            self._usage = dict(message.get("usage") or {})
        elif kind == "message_delta":
            self._stop_reason = (data.get("delta") or {}).get("stop_reason") or self._stop_reason
            self._usage.update({name: value for name, value in (data.get("usage") or {}).items() if value is not None})
        elif kind == "message_stop":
            self.is_done = True
        elif kind == "error":
            raise streamed_error(self._endpoint, data.get("error"))
        return None

    def _delta(self, index: int, delta: Mapping[str, Any]) -> ChatChunk | None:
        kind, pieces = delta.get("type"), self._pieces.setdefault(index, [])
        if kind == "text_delta":
            pieces.append(delta["text"])
            return ChatChunk(text=delta["text"])
        if kind == "input_json_delta":
            pieces.append(delta["partial_json"])
            return ChatChunk(text=delta["partial_json"], is_tool_call=True)
        if kind == "thinking_delta":
            pieces.append(delta["thinking"])
            return ChatChunk(reasoning=delta["thinking"])
        if kind == "signature_delta":
            self._blocks[index]["signature"] = delta["signature"]
        return None

    def reply(self) -> ChatReply:
        if not self.is_done and self._stop_reason is None:
            raise self._endpoint.cut()
        blocks = []
        for index, block in sorted(self._blocks.items()):
            whole = "".join(self._pieces.get(index, ()))
            member = {"text": "text", "thinking": "thinking", "tool_use": "input"}.get(str(block.get("type")))
            if member and whole:
                block[member] = whole
            blocks.append(block)
        return _reply(self._endpoint, self._thoughts, blocks, self._usage, self._stop_reason, self._model, self._is_structured)


def read_message(endpoint: ModelEndpoint, thoughts: ThoughtKeeper, answer: Any, *, is_structured: bool = False) -> ChatReply:
    """The reply in an answer that came in one piece. Raises ProviderError."""
    try:
        blocks, usage, stop_reason = list(answer["content"]), dict(answer.get("usage") or {}), answer.get("stop_reason")
        model = answer.get("model") or ""
    except (KeyError, TypeError, AttributeError) as error:
        raise endpoint.error(f"{endpoint.provider} gave an answer without a message") from error
    return _reply(endpoint, thoughts, blocks, usage, stop_reason, model, is_structured)


def _reply(
    endpoint: ModelEndpoint,
    thoughts: ThoughtKeeper,
    blocks: Sequence[Mapping[str, Any]],
    usage: Mapping[str, Any],
    stop_reason: str | None,
    model: str,
    is_structured: bool,
) -> ChatReply:
    text = "".join(block.get("text") or "" for block in blocks if block.get("type") == "text")
    reasoning = "".join(block.get("thinking") or "" for block in blocks if block.get("type") == "thinking")
    calls = tuple(_call(endpoint, block) for block in blocks if block.get("type") == "tool_use")
    thoughts.keep(calls, [dict(block) for block in blocks if block.get("type") in ("thinking", "redacted_thinking")])
    if is_structured and calls:
        text, calls = orjson.dumps(calls[0].arguments).decode(), ()
    metadata = {"model_provider": endpoint.provider, "usage": dict(usage), "finish_reason": stop_reason, "model_name": model}
    return ChatReply(text=text, reasoning=reasoning, tool_calls=calls, usage=_usage(usage) if usage else None, response_metadata=metadata)


def _call(endpoint: ModelEndpoint, block: Mapping[str, Any]) -> ToolCall:
    name, given = str(block.get("name") or ""), block.get("input") or {}
    arguments = parse_arguments(endpoint, name, given) if isinstance(given, str) else dict(given)
    return ToolCall(id=str(block.get("id") or ""), name=name, arguments=arguments)


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Anthropic counts tokens from and into its cache apart; here they belong to the input."""
    written, read = usage.get("cache_creation_input_tokens") or 0, usage.get("cache_read_input_tokens") or 0
    given, made = (usage.get("input_tokens") or 0) + written + read, usage.get("output_tokens") or 0
    details = {"cache_creation": written, "cache_read": read} if written or read else {}
    return {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": given + made,
        "input_token_details": details,
        "output_token_details": {},
    }
