"""Ollama's wire against scripted servers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from scripted_server import Answer, Pauses, ScriptedServer

from flowisectl.clients.ollama import OllamaChat, OllamaEmbeddings
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall

HELLO = [ChatMessage(role="user", content="hello")]
ADD = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {}})
DONE = {"model": "l-1", "done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 2, "message": {"content": ""}}


def model(http: HttpClient, server: ScriptedServer, **fields: Any) -> OllamaChat:
    given = {"base_url": server.url, "model": "l-1", "options": {"temperature": 0.5, "top_k": None}, "params": {"think": False}}
    return OllamaChat(http, **{**given, **fields})


def lines(*data: dict[str, Any], is_cut: bool = False, ends: bytes = b"\n") -> Answer:
    whole = b"\n".join(orjson.dumps(item) for item in data) + ends
    middle = len(whole) // 3
    return Answer(pieces=[whole[:middle], whole[middle:]], is_cut=is_cut)


def says(content: str = "", **fields: Any) -> dict[str, Any]:
    return {"model": "l-1", "message": {"role": "assistant", "content": content, **fields}, "done": False}


@pytest.mark.parametrize("ends", [b"\n", b""])
async def test_a_streamed_answer_comes_in_pieces_and_ends_with_the_whole(http: HttpClient, server: ScriptedServer, ends: bytes) -> None:
    server.script(lines(says(thinking="hm"), says("Hel"), says("lo"), DONE, ends=ends))

    chunks = [chunk async for chunk in model(http, server, api_key="k-12345").stream(HELLO)]

    assert [(chunk.reasoning, chunk.text) for chunk in chunks] == [("hm", ""), ("", "Hel"), ("", "lo"), ("", "")]
    reply = chunks[-1].reply
    assert reply is not None and reply.text == "Hello" and reply.usage is not None
    assert (reply.usage["input_tokens"], reply.usage["output_tokens"], reply.usage["total_tokens"]) == (5, 2, 7)
    seen = server.seen[0]
    assert (seen.path, seen.headers["authorization"]) == ("/api/chat", "Bearer k-12345")
    assert seen.json == {
        "model": "l-1",
        "think": False,
        "options": {"temperature": 0.5},
        "stream": True,
        "messages": [{"role": "user", "content": "hello"}],
    }


async def test_a_model_that_does_not_stream_is_asked_in_one_piece(http: HttpClient, server: ScriptedServer) -> None:
    server.json({**DONE, "message": {"content": "whole"}})

    assert (await model(http, server, streaming=False).invoke(HELLO)).text == "whole"
    assert server.seen[0].json["stream"] is False


async def test_tools_images_and_schemas_are_sent_in_ollamas_way(http: HttpClient, server: ScriptedServer) -> None:
    call = {"function": {"name": "add", "arguments": {"a": 1}}}
    server.script(lines(says(tool_calls=[call]), DONE))
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    messages = [
        ChatMessage(role="user", content=[{"type": "text", "text": "what?"}, image]),
        ChatMessage(role="assistant", content="", tool_calls=(ToolCall(id="c1", name="add", arguments={"a": 0}),)),
        ChatMessage(role="tool", content="0", tool_call_id="c1"),
    ]

    reply = await model(http, server).invoke(messages, ChatOptions(tools=(ADD,), json_schema={"type": "object"}, stop=("END",)))

    assert [(call.name, call.arguments) for call in reply.tool_calls] == [("add", {"a": 1})] and reply.tool_calls[0].id
    body = server.seen[0].json
    assert body["messages"] == [
        {"role": "user", "content": "what?", "images": ["AA=="]},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add", "arguments": {"a": 0}}}]},
        {"role": "tool", "content": "0", "tool_name": "add"},
    ]
    assert body["format"] == {"type": "object"} and body["options"] == {"temperature": 0.5, "stop": ["END"]}
    assert body["tools"][0]["function"]["name"] == "add"


async def test_a_tool_call_with_broken_json_names_the_tool(http: HttpClient, server: ScriptedServer) -> None:
    server.script(lines(says(tool_calls=[{"function": {"name": "add", "arguments": '{"a":'}}]), DONE))

    with pytest.raises(ProviderError, match="'add' with arguments"):
        await model(http, server).invoke(HELLO)


@pytest.mark.parametrize("is_cut", [True, False])
async def test_an_answer_that_breaks_off_is_an_error(http: HttpClient, server: ScriptedServer, is_cut: bool) -> None:
    server.script(lines(says("half"), is_cut=is_cut))

    with pytest.raises(ProviderError, match="cut"):
        await model(http, server).invoke(HELLO)


async def test_errors_are_told(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({"error": "model 'l-1' not found"}, status=404)
    server.script(*server.answers, lines(says("a"), {"error": "out of memory"}))

    with pytest.raises(ProviderError, match=r"^404 model 'l-1' not found$"):
        await model(http, server, pause=pauses).invoke(HELLO)
    with pytest.raises(ProviderError, match="out of memory"):
        await model(http, server, pause=pauses).invoke(HELLO)


async def test_texts_are_embedded(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"embeddings": [[1, 2], [3, 4]]})

    vectors = await OllamaEmbeddings(http, base_url=server.url, model="e", options={"use_mmap": True, "num_gpu": None}).embed(["a", "b"])

    assert vectors == [[1.0, 2.0], [3.0, 4.0]]
    assert (server.seen[0].path, server.seen[0].json) == ("/api/embed", {"model": "e", "options": {"use_mmap": True}, "input": ["a", "b"]})
