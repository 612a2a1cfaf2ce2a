"""Chat models that speak OpenAI's chat completions: OpenAI itself and everybody who copied it.

Format: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import orjson

from flowisectl.clients.completions import CompletionReader, read_completion
from flowisectl.clients.endpoint import Patience, key_headers
from flowisectl.clients.openai_embeddings import OpenAICompatibleEmbeddings
from flowisectl.clients.openai_endpoint import OpenAIEndpoint
from flowisectl.clients.wire_chat import WireChat, address, without_none
from flowisectl.interfaces.chat_model import ChatOptions, ChatReply, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall

__all__ = ["OpenAICompatibleChat", "OpenAICompatibleEmbeddings"]

_CHOICES = ("auto", "none", "required")
_NAME = re.compile(r"[^\s<|\\/>]{1,64}")
"""Names of messages as OpenAI accepts them: with another one it refuses the whole call."""


class OpenAICompatibleChat(WireChat):
    """A chat model behind `<base_url>/chat/completions`.

    `params` go into the request as they are (`temperature`, `max_tokens` …), those that are None are left out. `headers` come on
    top of ours. `key_header` names the header that carries the key; with `authorization` the key follows `Bearer`. A query in
    `base_url` (`?api-version=…`) stays at the end of the address. An empty `api_key` sends none.
    `strict_tools` sets `strict` of each offered tool; None leaves it out. `has_stream_usage` asks for the usage of streamed
    answers, which a few servers refuse. `has_developer_role` sends system messages in that role, as reasoning models want them.
    `has_names` sends the names of messages where OpenAI accepts them; other servers may refuse them.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str,
        base_url: str,
        api_key: str,
        model: str,
        streaming: bool = True,
        allows_images: bool = False,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        strict_tools: bool | None = None,
        has_stream_usage: bool = True,
        has_developer_role: bool = False,
        has_names: bool = False,
        key_header: str = "authorization",
        **patience: Unpack[Patience],
    ) -> None:
        endpoint = OpenAIEndpoint(
            http,
            provider=provider,
            headers={**key_headers(api_key, key_header), **(headers or {})},
            secrets=(api_key.strip(),),
            **patience,
        )
        super().__init__(
            endpoint,
            url=address(base_url, "/chat/completions"),
            head={"model": model, **without_none(params or {})},
            model=model,
            streaming=streaming,
            allows_images=allows_images,
        )
        self._strict_tools = strict_tools
        self._stream_options = {"include_usage": True} if has_stream_usage else None
        self._system_role = "developer" if has_developer_role else "system"
        self._has_names = has_names

    def _reader(self, options: ChatOptions) -> CompletionReader:
        return CompletionReader(self._endpoint, is_structured=options.json_schema is not None)

    def _whole(self, answer: Any, options: ChatOptions) -> ChatReply:
        return read_completion(self._endpoint, answer, is_structured=options.json_schema is not None)

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        body: dict[str, Any] = {**self._head, "stream": is_streaming, "messages": [self._message(message) for message in messages]}
        if is_streaming and self._stream_options:
            body["stream_options"] = self._stream_options
        tools = [self._tool(tool) for tool in options.tools]
        if options.json_schema is not None:
            # A forced function instead of `response_format`: every compatible server knows functions.
            tools.append(self._tool(ToolSpec(name=options.schema_name, description="", parameters=options.json_schema)))
            body["tool_choice"] = {"type": "function", "function": {"name": options.schema_name}}
        elif options.tool_choice:
            named = {"type": "function", "function": {"name": options.tool_choice}}
            body["tool_choice"] = options.tool_choice if options.tool_choice in _CHOICES else named
        if tools:
            body["tools"] = tools
        if options.stop:
            body["stop"] = [*options.stop]
        return body

    def _message(self, message: ChatMessage) -> dict[str, Any]:
        role = self._system_role if message.role in ("system", "developer") else message.role
        content = message.content if isinstance(message.content, str) else [dict(part) for part in message.content]
        data: dict[str, Any] = {"role": role, "content": content}
        if message.tool_calls:
            data["tool_calls"] = [_tool_call(call) for call in message.tool_calls]
        if message.tool_call_id is not None:
            data["tool_call_id"] = message.tool_call_id
        if message.name and (role == "tool" or (self._has_names and _NAME.fullmatch(message.name))):
            data["name"] = message.name
        return data

    def _tool(self, tool: ToolSpec) -> dict[str, Any]:
        function: dict[str, Any] = {"name": tool.name, "parameters": tool.parameters}
        if tool.description:
            function["description"] = tool.description
        if self._strict_tools is not None:
            function["strict"] = self._strict_tools
        return {"type": "function", "function": function}


def _tool_call(call: ToolCall) -> dict[str, Any]:
    arguments = orjson.dumps(call.arguments).decode()
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
