"""Answers of Gemini, streamed or whole (https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.clients.endpoint import ModelEndpoint
from flowisectl.clients.wire_chat import parse_event, streamed_error
from flowisectl.interfaces.chat_model import ChatChunk, ChatReply
from flowisectl.interfaces.message import ToolCall

_REFUSALS = frozenset(
    ("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY", "OTHER")
)
_UNKNOWN_SIGNATURE = "skip_thought_signature_validator"
"""What Gemini 3 takes for a call whose signature is lost (https://ai.google.dev/gemini-api/docs/thought-signatures)."""


class SignatureKeeper:
    """The signatures that came with tool calls, by the call's id."""

    def __init__(self) -> None:
        self._signatures: dict[str, str] = {}

    def keep(self, call_id: str, signature: str) -> None:
        """An empty signature is kept too: the call needs none."""
        self._signatures[call_id] = signature

    def of(self, call_id: str, model: str) -> str:
        return self._signatures.get(call_id, _UNKNOWN_SIGNATURE if "gemini-3" in model else "")


class CandidateReader:
    """Takes the events of one streamed answer, gives chunks, and at the end the reply."""

    def __init__(self, endpoint: ModelEndpoint, signatures: SignatureKeeper, *, is_structured: bool = False) -> None:
        self._endpoint = endpoint
        self._signatures = signatures
        self._is_structured = is_structured
        self._texts: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[ToolCall] = []
        self._ran: list[dict[str, Any]] = []
        self._images: list[str] = []
        self._grounding: Mapping[str, Any] = {}
        self._pages: Mapping[str, Any] = {}
        self._usage: Mapping[str, Any] = {}
        self._finish_reason = ""
        self._model = ""
        self.is_done = False  # the stream has no mark of its end but its end

    def feed(self, event: bytes) -> ChatChunk | None:
        return self.take(parse_event(self._endpoint, event))

    def take(self, data: Mapping[str, Any]) -> ChatChunk | None:
        """One response object. Raises ProviderError when it is an error or the prompt was refused."""
        if data.get("error"):
            raise streamed_error(self._endpoint, data["error"])
        self._usage = data.get("usageMetadata") or self._usage
        self._model = data.get("modelVersion") or self._model
        if blocked := (data.get("promptFeedback") or {}).get("blockReason"):
            raise self._endpoint.error(f"{self._endpoint.provider} refused the prompt: {blocked}")
        candidates = data.get("candidates") or [{}]
        self._finish_reason = candidates[0].get("finishReason") or self._finish_reason
        self._grounding = candidates[0].get("groundingMetadata") or self._grounding
        self._pages = candidates[0].get("urlContextMetadata") or self._pages
        text, reasoning, has_call = "", "", False
        for part in (candidates[0].get("content") or {}).get("parts") or ():
            if call := part.get("functionCall"):
                has_call = True
                self._add_call(call, part.get("thoughtSignature") or "")
            elif part.get("thought"):
                reasoning += part.get("text") or ""
            elif image := part.get("inlineData"):
                self._images.append(f"data:{image.get('mimeType')};base64,{image.get('data')}")
            else:
                text += part.get("text") or self._code_of(part)
        if text:
            self._texts.append(text)
        if reasoning:
            self._reasoning.append(reasoning)
        return ChatChunk(text=text, reasoning=reasoning, is_tool_call=has_call and not text) if text or reasoning or has_call else None

    def _code_of(self, part: Mapping[str, Any]) -> str:
        """A program that Gemini ran, or what came of it, as text."""
        if program := part.get("executableCode"):
            language, code = str(program.get("language") or "").lower(), str(program.get("code") or "")
            self._ran.append({"tool": "codeExecution", "toolInput": {"language": language, "code": code}, "toolOutput": ""})
            return f"\n```{language}\n{code}\n```\n"
        if result := part.get("codeExecutionResult"):
            output = str(result.get("output") or result.get("outcome") or "")
            if self._ran:
                self._ran[-1]["toolOutput"] = output
            return f"\n```\n{output}\n```\n"
        return ""

    def _add_call(self, call: Mapping[str, Any], signature: str) -> None:
        name, arguments = str(call.get("name") or ""), call.get("args") or {}
        if not isinstance(arguments, dict):
            raise self._endpoint.error(f"{self._endpoint.provider} called the tool {name!r} with arguments that are no JSON object")
        call_id = str(call.get("id") or f"call_{uuid.uuid4().hex}")
        self._signatures.keep(call_id, signature)
        self._calls.append(ToolCall(id=call_id, name=name, arguments=arguments))

    def reply(self) -> ChatReply:
        """The whole answer. Raises ProviderError when it was cut off, or refused half-way."""
        if not self._finish_reason:
            raise self._endpoint.cut()
        text, calls = "".join(self._texts), tuple(self._calls)
        if not text and not calls and not self._images and self._finish_reason in _REFUSALS:
            raise self._endpoint.error(f"{self._endpoint.provider} refused to answer: {self._finish_reason}")
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
                "finish_reason": self._finish_reason,
                "model_name": self._model,
            },
            provider_calls=(*_searches(self._grounding), *_readings(self._pages), *self._ran),
            images=tuple(self._images),
        )


def _searches(grounding: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What Gemini looked for on the web, and where it found its answer."""
    queries = grounding.get("webSearchQueries")
    if not queries:
        return []
    found = [str((chunk.get("web") or {}).get("uri") or "") for chunk in grounding.get("groundingChunks") or ()]
    return [{"tool": "googleSearch", "toolInput": {"queries": queries}, "toolOutput": "\n".join(filter(None, found))}]


def _readings(pages: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The pages that Gemini read."""
    read = pages.get("urlMetadata")
    if not read:
        return []
    told = [f"{page.get('retrievedUrl')}: {page.get('urlRetrievalStatus')}" for page in read]
    return [{"tool": "urlContext", "toolInput": {"urls": [page.get("retrievedUrl") for page in read]}, "toolOutput": "\n".join(told)}]


def read_candidate(endpoint: ModelEndpoint, signatures: SignatureKeeper, answer: Any, *, is_structured: bool = False) -> ChatReply:
    """The reply in an answer that came in one piece. Raises ProviderError."""
    if not isinstance(answer, Mapping):
        raise endpoint.error(f"{endpoint.provider} gave an answer without a message")
    reader = CandidateReader(endpoint, signatures, is_structured=is_structured)
    reader.take(answer)
    return reader.reply()


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    given, thoughts = usage.get("promptTokenCount") or 0, usage.get("thoughtsTokenCount") or 0
    made = (usage.get("candidatesTokenCount") or 0) + thoughts
    cached = usage.get("cachedContentTokenCount")
    return {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": usage.get("totalTokenCount") or given + made,
        "input_token_details": {"cache_read": cached} if cached else {},
        "output_token_details": {"reasoning": thoughts} if thoughts else {},
    }
