"""Anthropic's Claude models over the Messages API (https://docs.anthropic.com/en/api/messages)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from flowisectl.clients.anthropic_answers import MessageReader, ThoughtKeeper, read_message
from flowisectl.clients.endpoint import ModelEndpoint, Patience, key_headers
from flowisectl.clients.wire_chat import WireChat, address, image_url, split_data_url, without_none
from flowisectl.interfaces.chat_model import ChatOptions, ChatReply, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage

ANTHROPIC_URL = "https://api.anthropic.com"
VERSION = "2023-06-01"
_BETAS = {"web_fetch_20250910": "web-fetch-2025-09-10"}
"""Tools that Anthropic runs itself, and the trial that a call must name to use them."""
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}

_LATER = re.compile(r"claude-[a-z]+-(\d{1,2})(?!\d)")


def answer_tokens(model: str) -> int:
    """How long an answer may be when nobody says: the API demands a bound, and later models take, and Flowise gives them, more."""
    later = _LATER.search(model)
    if later and int(later[1]) >= 4:
        return 16_384
    return 8192 if "claude-3-5" in model or "claude-3-7" in model else 4096


class AnthropicChat(WireChat):
    """A Claude model behind `<base_url>/v1/messages`.

    `params` go into the request as they are (`max_tokens`, which the API demands, `temperature`, `thinking` …); those that are
    None are left out. A model that thinks must be handed its thoughts back with the results of its tools: they are kept in this
    object, and a conversation whose thoughts are not known any more is asked without thinking.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str = "anthropic",
        base_url: str = ANTHROPIC_URL,
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
            headers={**key_headers(api_key, "x-api-key"), "anthropic-version": VERSION, **(headers or {})},
            secrets=(api_key.strip(),),
            **patience,
        )
        super().__init__(
            endpoint,
            url=address(base_url, "/v1/messages"),
            head={"model": model, **without_none(params or {})},
            model=model,
            streaming=streaming,
            allows_images=allows_images,
        )
        self._thoughts = ThoughtKeeper()

    def _reader(self, options: ChatOptions) -> MessageReader:
        return MessageReader(self._endpoint, self._thoughts, is_structured=options.json_schema is not None)

    def _whole(self, answer: Any, options: ChatOptions) -> ChatReply:
        return read_message(self._endpoint, self._thoughts, answer, is_structured=options.json_schema is not None)

    def _headers(self, options: ChatOptions) -> Mapping[str, str] | None:
        betas = [_BETAS[tool["type"]] for tool in options.provider_tools if tool.get("type") in _BETAS]
        return {"anthropic-beta": ",".join(betas)} if betas else None

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        body: dict[str, Any] = {**self._head, "stream": is_streaming}
        if "thinking" in body and not self._thoughts.knows(messages):
            del body["thinking"]
            body.pop("output_config", None)
        system = "\n\n".join(message.text for message in messages if message.role in ("system", "developer") and message.text)
        if system:
            body["system"] = system
        body["messages"] = self._turns(messages, is_thinking="thinking" in body)
        tools = [*(_tool(tool) for tool in options.tools), *(dict(tool) for tool in options.provider_tools)]
        if options.json_schema is not None:
            tools.append(_tool(ToolSpec(name=options.schema_name, description="", parameters=options.json_schema)))
            # A model that thinks refuses a forced tool.
            body["tool_choice"] = {"type": "auto"} if "thinking" in body else {"type": "tool", "name": options.schema_name}
        elif options.tool_choice:
            kind = _CHOICES.get(options.tool_choice)
            body["tool_choice"] = {"type": kind} if kind else {"type": "tool", "name": options.tool_choice}
        if tools:
            body["tools"] = tools
        if options.stop:
            body["stop_sequences"] = [*options.stop]
        return body

    def _turns(self, messages: Sequence[ChatMessage], *, is_thinking: bool) -> list[dict[str, Any]]:
        """The conversation in turns: neighbours of one role are one turn, and results of tools belong to the user."""
        turns: list[dict[str, Any]] = []
        for message in messages:
            if message.role in ("system", "developer"):
                continue
            blocks = self._blocks(message, is_thinking=is_thinking)
            role = "assistant" if message.role == "assistant" else "user"
            if not blocks:
                continue
            if turns and turns[-1]["role"] == role:
                turns[-1]["content"] += blocks
            else:
                turns.append({"role": role, "content": blocks})
        return turns

    def _blocks(self, message: ChatMessage, *, is_thinking: bool) -> list[dict[str, Any]]:
        content = _parts(message)
        if message.role == "tool":
            return [{"type": "tool_result", "tool_use_id": message.tool_call_id or "", "content": content}]
        thoughts = self._thoughts.of(message) if is_thinking else []
        calls = [{"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.arguments)} for call in message.tool_calls]
        return [*thoughts, *content, *calls]


def _parts(message: ChatMessage) -> list[dict[str, Any]]:
    """Content blocks; empty text is left out, since the API refuses it."""
    if isinstance(message.content, str):
        return [{"type": "text", "text": message.content}] if message.content.strip() else []
    blocks: list[dict[str, Any]] = []
    for part in message.content:
        if part.get("type") == "text" and str(part.get("text", "")).strip():
            blocks.append({"type": "text", "text": part["text"]})
        elif part.get("type") == "image_url":
            url = image_url(part)
            data = split_data_url(url)
            source = {"type": "base64", "media_type": data[0], "data": data[1]} if data else {"type": "url", "url": url}
            blocks.append({"type": "image", "source": source})
    return blocks


def _tool(tool: ToolSpec) -> dict[str, Any]:
    data: dict[str, Any] = {"name": tool.name, "input_schema": {"type": "object", **tool.parameters}}
    return {**data, "description": tool.description} if tool.description else data
