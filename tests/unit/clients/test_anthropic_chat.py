"""Anthropic's wire against scripted servers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from scripted_server import Pauses, ScriptedServer

from flowisectl.clients.anthropic import AnthropicChat, answer_tokens
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall

KEY = "sk-ant-0123456789"
HELLO = [ChatMessage(role="user", content="hello")]
ADD = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {"a": {"type": "number"}}})


def model(http: HttpClient, server: ScriptedServer, **fields: Any) -> AnthropicChat:
    given = {"base_url": server.url, "api_key": KEY, "model": "claude", "params": {"max_tokens": 100, "top_p": None}}
    return AnthropicChat(http, **{**given, **fields})


def start(**usage: int) -> dict[str, Any]:
    return {"type": "message_start", "message": {"model": "claude-1", "usage": {"input_tokens": 5, "output_tokens": 1, **usage}}}


def block(index: int, kind: str, *deltas: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": {"type": kind, **fields}},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text(*pieces: str) -> list[dict[str, Any]]:
    return [{"type": "text_delta", "text": piece} for piece in pieces]


def inputs(*pieces: str) -> list[dict[str, Any]]:
    return [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]


def stop(reason: str = "end_turn") -> list[dict[str, Any]]:
    return [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}, {"type": "message_stop"}]


THINKING = block(0, "thinking", {"type": "thinking_delta", "thinking": "hm"}, {"type": "signature_delta", "signature": "SIG"}, thinking="")
CALL = block(1, "tool_use", *inputs("", '{"a":', "1}"), id="t1", name="add", input={})


async def test_a_streamed_answer_comes_in_pieces_and_ends_with_the_whole(http: HttpClient, server: ScriptedServer) -> None:
    ping = {"type": "ping"}
    server.events(start(cache_read_input_tokens=3), ping, *block(0, "text", *text("Hel", "lo"), text=""), *stop(), done=False)

    chunks = [chunk async for chunk in model(http, server).stream(HELLO)]

    assert [chunk.text for chunk in chunks] == ["Hel", "lo", ""]
    reply = chunks[-1].reply
    assert reply is not None and reply.text == "Hello"
    assert reply.usage == {
        "input_tokens": 8,
        "output_tokens": 9,
        "total_tokens": 17,
        "input_token_details": {"cache_creation": 0, "cache_read": 3},
        "output_token_details": {},
    }
    assert (reply.response_metadata["finish_reason"], reply.response_metadata["model_name"]) == ("end_turn", "claude-1")
    seen = server.seen[0]
    assert (seen.path, seen.headers["x-api-key"], seen.headers["anthropic-version"]) == ("/v1/messages", KEY, "2023-06-01")
    assert seen.json == {
        "model": "claude",
        "max_tokens": 100,
        "stream": True,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
    }


async def test_a_model_that_does_not_stream_is_asked_in_one_piece(http: HttpClient, server: ScriptedServer) -> None:
    content = [{"type": "text", "text": "whole"}, {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}}]
    server.json({"model": "c", "content": content, "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 2}})

    reply = await model(http, server, streaming=False).invoke(HELLO)

    assert (reply.text, reply.tool_calls) == ("whole", (ToolCall(id="t1", name="add", arguments={"a": 1}),))
    assert server.seen[0].json["stream"] is False


async def test_tool_calls_are_put_together_and_answered_in_one_turn(http: HttpClient, server: ScriptedServer) -> None:
    second = block(2, "tool_use", *inputs('{"a":2}'), id="t2", name="add", input={})
    server.events(start(), *block(0, "text", *text("let me see"), text=""), *CALL, *second, *stop("tool_use"), done=False)
    server.events(start(), *block(0, "text", *text("3"), text=""), *stop(), done=False)
    chat, options = model(http, server), ChatOptions(tools=(ADD,), tool_choice="required")

    reply = await chat.invoke(HELLO, options)
    results = [ChatMessage(role="tool", content=str(i), tool_call_id=call.id) for i, call in enumerate(reply.tool_calls)]
    await chat.invoke([ChatMessage(role="system", content="S"), *HELLO, reply.to_message(), *results], ChatOptions(tools=(ADD,)))

    assert [(call.id, call.arguments) for call in reply.tool_calls] == [("t1", {"a": 1}), ("t2", {"a": 2})]
    first, body = (seen.json for seen in server.seen)
    assert first["tools"] == [{"name": "add", "description": "adds", "input_schema": {**ADD.parameters}}]
    assert first["tool_choice"] == {"type": "any"} and "tool_choice" not in body
    assert body["system"] == "S"
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "let me see"},
                {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}},
                {"type": "tool_use", "id": "t2", "name": "add", "input": {"a": 2}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "0"}]},
                {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "text", "text": "1"}]},
            ],
        },
    ]


async def test_thoughts_are_told_and_handed_back_with_the_results_of_tools(http: HttpClient, server: ScriptedServer) -> None:
    server.events(start(), *THINKING, *CALL, *stop("tool_use"), done=False)
    server.events(start(), *block(0, "text", *text("3"), text=""), *stop(), done=False)
    chat = model(http, server, params={"max_tokens": 9, "thinking": {"type": "enabled", "budget_tokens": 5}})

    chunks = [chunk async for chunk in chat.stream(HELLO)]
    reply = chunks[-1].reply
    assert reply is not None
    await chat.invoke([*HELLO, reply.to_message(), ChatMessage(role="tool", content="3", tool_call_id="t1")])

    assert (chunks[0].reasoning, reply.reasoning) == ("hm", "hm")
    body = server.seen[1].json
    assert body["thinking"]["type"] == "enabled"
    assert body["messages"][1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "SIG"}


async def test_a_conversation_whose_thoughts_are_lost_goes_on_without_thinking(http: HttpClient, server: ScriptedServer) -> None:
    server.events(start(), *block(0, "text", *text("3"), text=""), *stop(), done=False)
    chat = model(http, server, params={"max_tokens": 9, "thinking": {"type": "enabled", "budget_tokens": 5}})
    asked = ChatMessage(role="assistant", content="", tool_calls=(ToolCall(id="old", name="add", arguments={}),))

    await chat.invoke([*HELLO, asked, ChatMessage(role="tool", content="3", tool_call_id="old")])

    assert "thinking" not in server.seen[0].json


async def test_images_are_sent_as_data_or_by_address(http: HttpClient, server: ScriptedServer) -> None:
    server.events(start(), *block(0, "text", *text("a cat"), text=""), *stop(), done=False)
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": ""},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        {"type": "image_url", "image_url": {"url": "https://x.example/cat.png"}},
    ]

    await model(http, server).invoke([ChatMessage(role="user", content=parts)])

    assert server.seen[0].json["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
        {"type": "image", "source": {"type": "url", "url": "https://x.example/cat.png"}},
    ]


async def test_a_structured_answer_is_a_forced_tool_whose_input_is_the_text(http: HttpClient, server: ScriptedServer) -> None:
    call = block(0, "tool_use", *inputs('{"n": 1}'), id="t", name="extract", input={})
    server.events(start(), *call, *stop("tool_use"), done=False)

    reply = await model(http, server).invoke(HELLO, ChatOptions(json_schema={"properties": {"n": {"type": "number"}}}))

    assert (orjson.loads(reply.text), reply.tool_calls) == ({"n": 1}, ())
    assert server.seen[0].json["tool_choice"] == {"type": "tool", "name": "extract"}
    assert server.seen[0].json["tools"][0]["input_schema"] == {"type": "object", "properties": {"n": {"type": "number"}}}


async def test_a_tool_call_with_broken_json_names_the_tool(http: HttpClient, server: ScriptedServer) -> None:
    server.events(start(), *block(0, "tool_use", *inputs('{"a": '), id="t", name="add", input={}), *stop("tool_use"), done=False)

    with pytest.raises(ProviderError, match="'add' with arguments that are not valid JSON"):
        await model(http, server).invoke(HELLO)


@pytest.mark.parametrize("is_cut", [True, False])
async def test_an_answer_that_breaks_off_is_an_error(http: HttpClient, server: ScriptedServer, is_cut: bool) -> None:
    server.events(start(), *block(0, "text", *text("half"), text=""), done=False, is_cut=is_cut)

    with pytest.raises(ProviderError, match="cut"):
        await model(http, server).invoke(HELLO)


async def test_errors_are_told_with_their_status_and_without_the_key(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({"type": "error", "error": {"type": "authentication_error", "message": f"invalid x-api-key {KEY}"}}, status=401)

    with pytest.raises(ProviderError, match=r"^401 invalid x-api-key \*\*\*$"):
        await model(http, server, pause=pauses).invoke(HELLO)


async def test_an_overloaded_model_is_tried_again(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, status=529)
    server.events(start(), *block(0, "text", *text("ok"), text=""), *stop(), done=False)

    assert (await model(http, server, pause=pauses).invoke(HELLO)).text == "ok"
    assert len(pauses.seconds) == 1


async def test_an_error_inside_the_stream_is_told(http: HttpClient, server: ScriptedServer) -> None:
    server.events(start(), {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, done=False)

    with pytest.raises(ProviderError, match="Overloaded"):
        await model(http, server).invoke(HELLO)


async def test_tools_that_anthropic_runs_are_offered_with_the_trial_that_they_need(http: HttpClient, server: ScriptedServer) -> None:
    said = {"content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "model": "claude-1"}
    server.json(said)
    search = {"type": "web_search_20250305", "name": "web_search"}
    fetch = {"type": "web_fetch_20250910", "name": "web_fetch"}
    chat = model(http, server, streaming=False)

    await chat.invoke(HELLO, ChatOptions(provider_tools=(search, fetch)))
    await chat.invoke(HELLO, ChatOptions(provider_tools=(search,)))

    assert server.seen[0].json["tools"] == [search, fetch]
    assert server.seen[0].headers["anthropic-beta"] == "web-fetch-2025-09-10"
    assert server.seen[1].json["tools"] == [search] and "anthropic-beta" not in server.seen[1].headers


async def test_what_such_a_tool_was_asked_is_no_call_for_us(http: HttpClient, server: ScriptedServer) -> None:
    server.events(
        start(),
        *block(0, "server_tool_use", *inputs('{"query": "q"}'), id="s1", name="web_search"),
        *block(1, "web_search_tool_result", tool_use_id="s1", content=[]),
        *block(2, "text", *text("Found.")),
        *stop(),
        done=False,
    )
    tools = ({"type": "web_search_20250305", "name": "web_search"},)

    chunks = [chunk async for chunk in model(http, server).stream(HELLO, ChatOptions(provider_tools=tools))]

    assert "".join(chunk.text for chunk in chunks if not chunk.is_tool_call) == "Found."
    reply = chunks[-1].reply
    assert reply is not None and (reply.text, reply.tool_calls) == ("Found.", ())


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("claude-haiku-4-5", 16_384),
        ("claude-opus-4-1-20250805", 16_384),
        ("claude-sonnet-4@20250514", 16_384),
        ("claude-3-7-sonnet-latest", 8192),
        ("claude-3-5-haiku-20241022", 8192),
        ("claude-3-haiku-20240307", 4096),
        ("claude-2.1", 4096),
        ("somebody-else", 4096),
    ],
)
def test_later_models_may_answer_longer(name: str, tokens: int) -> None:
    assert answer_tokens(name) == tokens
