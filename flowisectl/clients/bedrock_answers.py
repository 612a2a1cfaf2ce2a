"""Answers of Bedrock's Converse API, streamed or whole.

Format: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.clients.endpoint import ModelEndpoint
from flowisectl.clients.wire_chat import parse_arguments, parse_event, streamed_error
from flowisectl.interfaces.chat_model import ChatChunk, ChatReply
from flowisectl.interfaces.message import ToolCall

_STATUS = {
    "throttlingException": 429,
    "validationException": 400,
    "internalServerException": 500,
    "modelStreamErrorException": 424,
    "serviceUnavailableException": 503,
}


class ConverseReader:
    """Takes the events of one streamed answer, gives chunks, and at the end the reply.

    With `is_structured` the arguments of the forced tool are the answer: they become the reply's text.
    """

    def __init__(self, endpoint: ModelEndpoint, model: str, *, is_structured: bool = False) -> None:
        self._endpoint = endpoint
        self._model = model
        self._is_structured = is_structured
        self._texts: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[int, tuple[str, str, list[str]]] = {}
        self._usage: Mapping[str, Any] = {}
        self._stop_reason = ""
        self.is_done = False

    def feed(self, event: bytes) -> ChatChunk | None:
        data = parse_event(self._endpoint, event)
        if (delta := data.get("contentBlockDelta")) is not None:
            return self._delta(delta.get("contentBlockIndex") or 0, delta.get("delta") or {})
        if (start := data.get("contentBlockStart")) is not None:
            use = (start.get("start") or {}).get("toolUse")
            if use:
                self._calls[start.get("contentBlockIndex") or 0] = (str(use.get("toolUseId") or ""), str(use.get("name") or ""), [])
                return ChatChunk(is_tool_call=True)
        elif (stop := data.get("messageStop")) is not None:
            self._stop_reason = stop.get("stopReason") or "end_turn"
        elif (metadata := data.get("metadata")) is not None:
            self._usage = metadata.get("usage") or {}
            self.is_done = True
        elif "error" in data:
            raise streamed_error(self._endpoint, data["error"])
        elif name := next((name for name in data if name.endswith("Exception")), ""):
            raise self._failed(name, data[name])
        return None

    def _delta(self, index: int, delta: Mapping[str, Any]) -> ChatChunk | None:
        if text := delta.get("text"):
            self._texts.append(text)
            return ChatChunk(text)
        if use := delta.get("toolUse"):
            piece = str(use.get("input") or "")
            self._calls.setdefault(index, (f"call_{index}", "", []))[2].append(piece)
            return ChatChunk(text=piece, is_tool_call=True)
        if thought := (delta.get("reasoningContent") or {}).get("text"):
            self._reasoning.append(thought)
            return ChatChunk(reasoning=thought)
        return None

    def _failed(self, name: str, told: Any) -> Exception:
        message = told.get("message") if isinstance(told, Mapping) else None
        status = _STATUS.get(name, 0)
        return self._endpoint.error(f"{status or self._endpoint.provider} {message or name}", status)

    def take(self, answer: Mapping[str, Any]) -> None:
        """An answer that came in one piece."""
        for index, block in enumerate(answer["output"]["message"]["content"]):
            if use := block.get("toolUse"):
                arguments = orjson.dumps(use.get("input") or {}).decode()
                self._calls[index] = (str(use.get("toolUseId") or ""), str(use.get("name") or ""), [arguments])
            elif thought := (block.get("reasoningContent") or {}).get("reasoningText"):
                self._reasoning.append(thought.get("text") or "")
            else:
                self._texts.append(block.get("text") or "")
        self._stop_reason, self._usage = answer.get("stopReason") or "end_turn", answer.get("usage") or {}

    def reply(self) -> ChatReply:
        """The whole answer. Raises ProviderError when it was cut off or a tool call cannot be read."""
        if not self._stop_reason:
            raise self._endpoint.cut()
        text = "".join(self._texts)
        calls = tuple(
            ToolCall(id=call_id, name=name, arguments=parse_arguments(self._endpoint, name, "".join(pieces)))
            for _, (call_id, name, pieces) in sorted(self._calls.items())
        )
        if self._is_structured and calls:
            text, calls = orjson.dumps(calls[0].arguments).decode(), ()
        return ChatReply(
            text=text,
            reasoning="".join(self._reasoning),
            tool_calls=calls,
            usage=_usage(self._usage) if self._usage else None,
            response_metadata={
                "model_provider": self._endpoint.provider,
                "usage": dict(self._usage),
                "finish_reason": self._stop_reason,
                "model_name": self._model,
            },
        )


def read_answer(endpoint: ModelEndpoint, model: str, answer: Any, *, is_structured: bool = False) -> ChatReply:
    """The reply in an answer that came in one piece. Raises ProviderError."""
    reader = ConverseReader(endpoint, model, is_structured=is_structured)
    try:
        reader.take(answer)
    except (KeyError, TypeError, AttributeError) as error:
        raise endpoint.error(f"{endpoint.provider} gave an answer without a message") from error
    return reader.reply()


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Bedrock counts tokens from and into its cache apart; here they belong to the input."""
    written, read = usage.get("cacheWriteInputTokens") or 0, usage.get("cacheReadInputTokens") or 0
    given, made = (usage.get("inputTokens") or 0) + written + read, usage.get("outputTokens") or 0
    return {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": given + made,
        "input_token_details": {"cache_creation": written, "cache_read": read} if written or read else {},
        "output_token_details": {},
    }
