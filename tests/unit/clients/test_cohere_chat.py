"""Cohere's wire against scripted servers."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_server import Pauses, ScriptedServer

from flowisectl.clients.cohere import CohereChat, CohereEmbeddings
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall

KEY = "co-0123456789"
HELLO = [ChatMessage(role="user", content="hello")]
ADD = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {}})
NOW = ToolSpec(name="now", description="tells", parameters={"type": "object", "properties": {}})


def model(http: HttpClient, server: ScriptedServer, **fields: Any) -> CohereChat:
    given = {"base_url": server.url, "api_key": KEY, "model": "command", "params": {"temperature": 0.5, "p": None}}
    return CohereChat(http, **{**given, **fields})


def says(text: str) -> dict[str, Any]:
    return {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}}


def calls(index: int, kind: str, **call: Any) -> dict[str, Any]:
    return {"type": f"tool-call-{kind}", "index": index, "delta": {"message": {"tool_calls": call}}}


def end(reason: str = "COMPLETE") -> dict[str, Any]:
    usage = {"billed_units": {"input_tokens": 1}, "tokens": {"input_tokens": 5.0, "output_tokens": 2.0}}
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": usage}}


async def test_a_streamed_answer_comes_in_pieces_and_ends_with_the_whole(http: HttpClient, server: ScriptedServer) -> None:
    server.events({"type": "message-start", "id": "1"}, says("Hel"), says("lo"), {"type": "content-end"}, end(), done=False)

    chunks = [chunk async for chunk in model(http, server).stream(HELLO)]

    assert [chunk.text for chunk in chunks] == ["Hel", "lo", ""]
    reply = chunks[-1].reply
    assert reply is not None and reply.text == "Hello" and reply.usage is not None
    assert (reply.usage["input_tokens"], reply.usage["output_tokens"], reply.usage["total_tokens"]) == (5, 2, 7)
    seen = server.seen[0]
    assert (seen.path, seen.headers["authorization"]) == ("/v2/chat", f"Bearer {KEY}")
    assert seen.json == {"model": "command", "temperature": 0.5, "stream": True, "messages": [{"role": "user", "content": "hello"}]}


async def test_a_model_that_does_not_stream_is_asked_in_one_piece(http: HttpClient, server: ScriptedServer) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    message = {"content": [{"type": "text", "text": "whole"}], "tool_calls": [call]}
    server.json({"id": "1", "finish_reason": "TOOL_CALL", "message": message})

    reply = await model(http, server, streaming=False).invoke(HELLO)

    assert (reply.text, reply.tool_calls) == ("whole", (ToolCall(id="c1", name="add", arguments={"a": 1}),))


async def test_tool_calls_and_their_results_go_round(http: HttpClient, server: ScriptedServer) -> None:
    server.events(
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I add"}}},
        calls(0, "start", id="c1", type="function", function={"name": "add", "arguments": ""}),
        calls(0, "delta", function={"arguments": '{"a":'}),
        calls(0, "delta", function={"arguments": "1}"}),
        end("TOOL_CALL"),
        done=False,
    )
    server.events(says("3"), end(), done=False)
    chat = model(http, server)

    reply = await chat.invoke(HELLO, ChatOptions(tools=(ADD, NOW), tool_choice="add"))
    await chat.invoke([*HELLO, reply.to_message(), ChatMessage(role="tool", content="3", tool_call_id="c1")], ChatOptions(tools=(ADD, NOW)))

    assert reply.tool_calls == (ToolCall(id="c1", name="add", arguments={"a": 1}),) and reply.reasoning == "I add"
    first, body = (seen.json for seen in server.seen)
    assert [tool["function"]["name"] for tool in first["tools"]] == ["add"] and first["tool_choice"] == "REQUIRED"
    assert len(body["tools"]) == 2 and "tool_choice" not in body
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    assert body["messages"][1:] == [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": "3", "tool_call_id": "c1"}]


async def test_images_and_structured_answers_are_asked_for(http: HttpClient, server: ScriptedServer) -> None:
    server.events(says('{"n":1}'), end(), done=False)
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "what?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]

    reply = await model(http, server).invoke(
        [ChatMessage(role="user", content=parts)], ChatOptions(json_schema={"type": "object"}, stop=("E",))
    )

    body = server.seen[0].json
    assert reply.text == '{"n":1}' and body["messages"][0]["content"] == parts
    assert body["response_format"] == {"type": "json_object", "json_schema": {"type": "object"}} and body["stop_sequences"] == ["E"]


async def test_a_tool_call_with_broken_json_names_the_tool(http: HttpClient, server: ScriptedServer) -> None:
    server.events(calls(0, "start", id="c1", function={"name": "add", "arguments": '{"a":'}), end("TOOL_CALL"), done=False)

    with pytest.raises(ProviderError, match="'add' with arguments"):
        await model(http, server).invoke(HELLO)


@pytest.mark.parametrize("is_cut", [True, False])
async def test_an_answer_that_breaks_off_is_an_error(http: HttpClient, server: ScriptedServer, is_cut: bool) -> None:
    server.events(says("half"), done=False, is_cut=is_cut)

    with pytest.raises(ProviderError, match="cut"):
        await model(http, server).invoke(HELLO)


async def test_an_answer_that_the_server_gave_up_is_an_error(http: HttpClient, server: ScriptedServer) -> None:
    server.events(says("half"), end("ERROR"), done=False)

    with pytest.raises(ProviderError, match="stopped answering: ERROR"):
        await model(http, server).invoke(HELLO)


async def test_errors_are_told_with_their_status_and_without_the_key(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({"message": f"invalid api token {KEY}"}, status=401)

    with pytest.raises(ProviderError, match=r"^401 invalid api token \*\*\*$"):
        await model(http, server, pause=pauses).invoke(HELLO)


async def test_texts_are_embedded_in_batches(http: HttpClient, server: ScriptedServer) -> None:
    for count in (96, 1):
        server.json({"embeddings": {"float": [[i] for i in range(count)]}})

    vectors = await CohereEmbeddings(http, base_url=server.url, api_key=KEY, model="e", input_type="clustering").embed(["a"] * 97)

    assert len(vectors) == 97
    assert server.seen[1].json == {"model": "e", "input_type": "clustering", "embedding_types": ["float"], "texts": ["a"]}
