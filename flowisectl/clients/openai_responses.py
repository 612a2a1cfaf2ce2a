"""Chat models behind OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses), which can sum up their thoughts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import orjson

from flowisectl.clients.endpoint import ModelEndpoint, Patience, key_headers
from flowisectl.clients.openai_endpoint import OpenAIEndpoint
from flowisectl.clients.wire_chat import WireChat, address, parse_arguments, parse_event, streamed_error, without_none
from flowisectl.interfaces.chat_model import ChatChunk, ChatOptions, ChatReply, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall

_CHOICES = ("auto", "none", "required")
_IMAGE_WISHES = ("revised_prompt", "size", "quality", "background")
_KEPT = ("id", "model", "created_at", "status", "incomplete_details", "service_tier")


class OpenAIResponsesChat(WireChat):
    """A chat model behind `<base_url>/responses`. `params` go into the request as they are; those that are None are left out.

    `key_header` names the header that carries the key; with `authorization` the key follows `Bearer`. `strict_tools` sets `strict`
    of each offered tool, which this API would otherwise turn on.
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
        strict_tools: bool = False,
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
            url=address(base_url, "/responses"),
            head={"model": model, **without_none(params or {})},
            model=model,
            streaming=streaming,
            allows_images=allows_images,
        )
        self._strict_tools = strict_tools

    def _reader(self, options: ChatOptions) -> ResponseReader:
        return ResponseReader(self._endpoint, is_structured=options.json_schema is not None, provider_tools=options.provider_tools)

    def _whole(self, answer: Any, options: ChatOptions) -> ChatReply:
        return read_response(self._endpoint, answer, is_structured=options.json_schema is not None, provider_tools=options.provider_tools)

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions, is_streaming: bool) -> dict[str, Any]:
        items = [item for message in messages for item in _items(message)]
        body: dict[str, Any] = {**self._head, "stream": is_streaming, "input": items}
        tools = [*(self._tool(tool) for tool in options.tools), *(dict(tool) for tool in options.provider_tools)]
        if options.json_schema is not None:
            tools.append(self._tool(ToolSpec(name=options.schema_name, description="", parameters=options.json_schema)))
            body["tool_choice"] = {"type": "function", "name": options.schema_name}
        elif options.tool_choice:
            named = {"type": "function", "name": options.tool_choice}
            body["tool_choice"] = options.tool_choice if options.tool_choice in _CHOICES else named
        if tools:
            body["tools"] = tools
        return body

    def _tool(self, tool: ToolSpec) -> dict[str, Any]:
        described = {"description": tool.description} if tool.description else {}
        return {"type": "function", "name": tool.name, **described, "parameters": tool.parameters, "strict": self._strict_tools}


class ResponseReader:
    """Takes the events of one streamed answer; the last one carries it whole."""

    def __init__(self, endpoint: ModelEndpoint, *, is_structured: bool = False, provider_tools: Sequence[Mapping[str, Any]] = ()) -> None:
        self._endpoint = endpoint
        self._is_structured = is_structured
        self._provider_tools = provider_tools
        self._answer: Any = None
        self.is_done = False

    def feed(self, event: bytes) -> ChatChunk | None:
        if event == b"[DONE]":
            return None
        data = parse_event(self._endpoint, event)
        kind, piece = data.get("type"), data.get("delta")
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            return ChatChunk(text=str(piece or ""))
        if kind == "response.reasoning_summary_text.delta":
            return ChatChunk(reasoning=str(piece or ""))
        if kind == "response.function_call_arguments.delta":
            return ChatChunk(text=str(piece or ""), is_tool_call=True)
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            self._answer, self.is_done = data.get("response"), True
        elif kind == "error":
            raise streamed_error(self._endpoint, data.get("error") or data)
        return None

    def reply(self) -> ChatReply:
        if not self.is_done:
            raise self._endpoint.cut()
        return read_response(self._endpoint, self._answer, is_structured=self._is_structured, provider_tools=self._provider_tools)


def read_response(
    endpoint: ModelEndpoint, answer: Any, *, is_structured: bool = False, provider_tools: Sequence[Mapping[str, Any]] = ()
) -> ChatReply:
    """The reply in a whole answer. Raises ProviderError."""
    if isinstance(answer, dict) and answer.get("error"):
        raise streamed_error(endpoint, answer["error"])
    texts, thoughts, calls = list[str](), list[str](), list[tuple[str, str, str]]()
    ran, images = list[dict[str, Any]](), list[str]()
    try:
        for item in answer["output"]:
            if item["type"] == "message":
                texts += [part.get("text") or part.get("refusal") or "" for part in item["content"]]
            elif item["type"] == "reasoning":
                thoughts += [part.get("text") or "" for part in item.get("summary") or ()]
            elif item["type"] == "function_call":
                calls.append((item["call_id"], item["name"], item["arguments"]))
            elif item["type"].endswith("_call"):
                ran += _provider_call(item, provider_tools)
                images += _image(item)
        usage = answer.get("usage")
    except (KeyError, TypeError, AttributeError) as error:
        raise endpoint.error(f"{endpoint.provider} gave an answer without output") from error
    metadata = {name: answer[name] for name in _KEPT if answer.get(name) is not None}
    text = "".join(texts)
    tool_calls: tuple[ToolCall, ...] = ()
    if is_structured and calls:
        text = calls[0][2]
    else:
        tool_calls = tuple(ToolCall(id=call_id, name=name, arguments=parse_arguments(endpoint, name, raw)) for call_id, name, raw in calls)
    return ChatReply(
        text=text,
        reasoning="\n\n".join(thoughts),
        tool_calls=tool_calls,
        usage=_usage(usage) if usage else None,
        response_metadata={
            "model_provider": endpoint.provider,
            **metadata,
            "finish_reason": "tool_calls" if calls else "length" if answer.get("status") == "incomplete" else "stop",
            "model_name": answer.get("model") or "",
        },
        provider_calls=tuple(ran),
        images=tuple(images),
    )


def _provider_call(item: Mapping[str, Any], offered: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What one of the offered tools did that OpenAI runs: `web_search_call` tells of `web_search_preview`."""
    kind = str(item["type"]).removesuffix("_call")
    tool = next((str(tool["type"]) for tool in offered if kind in str(tool.get("type"))), "")
    if not tool:
        return []
    given = item.get("action") or item.get("code") or {name: item[name] for name in _IMAGE_WISHES if item.get(name)}
    logs = [str(output["logs"]) for output in item.get("outputs") or () if output.get("logs")]
    return [{"tool": tool, "toolInput": given, "toolOutput": "\n".join(logs) or str(item.get("status") or "")}]


def _image(item: Mapping[str, Any]) -> list[str]:
    """The image of an `image_generation_call`, as a `data:` URL."""
    data = item.get("result") if item["type"] == "image_generation_call" else None
    return [f"data:image/{item.get('output_format') or 'png'};base64,{data}"] if isinstance(data, str) and data else []


def _items(message: ChatMessage) -> list[dict[str, Any]]:
    """The input items of one message: its text, then the calls that it made, or the result of one."""
    if message.role == "tool":
        return [{"type": "function_call_output", "call_id": message.tool_call_id or "", "output": message.text}]
    role = "developer" if message.role == "system" else message.role
    words = "output_text" if role == "assistant" else "input_text"
    content: Any = message.content if isinstance(message.content, str) else [_part(part, words) for part in message.content]
    items: list[dict[str, Any]] = [{"type": "message", "role": role, "content": content}] if content or not message.tool_calls else []
    for call in message.tool_calls:
        arguments = orjson.dumps(call.arguments).decode()
        items.append({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments})
    return items


def _part(part: Mapping[str, Any], words: str) -> dict[str, Any]:
    if part.get("type") == "image_url":
        image = part.get("image_url")
        return {"type": "input_image", "image_url": image.get("url") if isinstance(image, Mapping) else image, "detail": "auto"}
    return {"type": words, "text": str(part.get("text") or "")}


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    given, made = usage.get("input_tokens") or 0, usage.get("output_tokens") or 0
    cached = (usage.get("input_tokens_details") or {}).get("cached_tokens")
    thought = (usage.get("output_tokens_details") or {}).get("reasoning_tokens")
    return {
        "input_tokens": given,
        "output_tokens": made,
        "total_tokens": usage.get("total_tokens") or given + made,
        "input_token_details": {} if cached is None else {"cache_read": cached},
        "output_token_details": {} if thought is None else {"reasoning": thought},
    }
