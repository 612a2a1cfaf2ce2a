"""OpenAI's wire against scripted servers: what is asked, and what becomes of answers good and bad."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_server import Pauses, ScriptedServer

from flowisectl.clients.openai_compatible import OpenAICompatibleChat
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatChunk, ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall

KEY = "sk-test-0123456789"
ADD = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {"a": {"type": "number"}}})
HELLO = [ChatMessage(role="user", content="hello")]


def model(http: HttpClient, server: ScriptedServer, **fields: Any) -> OpenAICompatibleChat:
    given = {"provider": "openai", "base_url": server.url + "/v1", "api_key": KEY, "model": "m-1", "params": {"temperature": 0.5}}
    return OpenAICompatibleChat(http, **{**given, **fields})


def delta(**fields: Any) -> dict[str, Any]:
    return {"id": "c1", "model": "m-1-full", "system_fingerprint": "fp", "choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


def end(reason: str = "stop") -> dict[str, Any]:
    return {"id": "c1", "model": "m-1-full", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}


USAGE = {
    "choices": [],
    "usage": {
        "prompt_tokens": 7,
        "completion_tokens": 2,
        "total_tokens": 9,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 1, "audio_tokens": None},
    },
}


async def collect(chat: OpenAICompatibleChat, options: ChatOptions | None = None) -> list[ChatChunk]:
    return [chunk async for chunk in chat.stream(HELLO, options or ChatOptions())]


async def test_a_streamed_answer_comes_in_pieces_and_ends_with_the_whole(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(role="assistant", content=""), delta(content="Hel"), delta(content="lo é"), end(), USAGE)

    chunks = await collect(model(http, server))

    assert [chunk.text for chunk in chunks] == ["Hel", "lo é", ""]
    reply = chunks[-1].reply
    assert reply is not None and reply.text == "Hello é"
    assert reply.usage == {
        "input_tokens": 7,
        "output_tokens": 2,
        "total_tokens": 9,
        "input_token_details": {"cache_read": 4},
        "output_token_details": {"reasoning": 1},
    }
    assert reply.response_metadata == {
        "model_provider": "openai",
        "usage": USAGE["usage"],
        "finish_reason": "stop",
        "system_fingerprint": "fp",
        "model_name": "m-1-full",
    }


async def test_a_streamed_request_has_the_members_that_servers_know(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="x"), end())

    await collect(model(http, server, headers={"x-team": "blue"}))

    seen = server.seen[0]
    assert (seen.method, seen.path) == ("POST", "/v1/chat/completions")
    assert seen.headers["authorization"] == f"Bearer {KEY}" and seen.headers["x-team"] == "blue"
    assert seen.headers["content-type"] == "application/json"
    assert seen.json == {
        "model": "m-1",
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": "hello"}],
    }


async def test_a_model_that_streams_is_invoked_by_streaming(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="a"), delta(content="b"), end("length"))

    reply = await model(http, server).invoke(HELLO)

    assert (reply.text, reply.response_metadata["finish_reason"]) == ("ab", "length")
    assert server.seen[0].json["stream"] is True


async def test_a_finished_stream_gives_its_connection_back(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="a"), end())
    chat = model(http, server)

    for _ in range(5):
        await collect(chat)

    assert (len(server.seen), len(server.connections)) == (5, 1)


async def test_a_model_that_does_not_stream_is_asked_in_one_piece(http: HttpClient, server: ScriptedServer) -> None:
    message = {"role": "assistant", "content": "whole", "reasoning_content": "because"}
    server.json({"model": "m", "choices": [{"message": message, "finish_reason": "stop"}], "usage": USAGE["usage"]})

    chunks = await collect(model(http, server, streaming=False))

    assert [(chunk.text, chunk.reasoning) for chunk in chunks] == [("whole", "because")]
    assert chunks[0].reply is not None and chunks[0].reply.usage is not None
    assert server.seen[0].json == {"model": "m-1", "temperature": 0.5, "stream": False, "messages": [{"role": "user", "content": "hello"}]}


async def test_thoughts_come_apart_from_the_answer(http: HttpClient, server: ScriptedServer) -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "c"}]}, {"type": "text", "text": "!"}]
    server.events(delta(reasoning_content="a"), delta(reasoning="b"), delta(content=parts), delta(content="done"), end())

    chunks = await collect(model(http, server))

    assert [(chunk.reasoning, chunk.text) for chunk in chunks] == [("a", ""), ("b", ""), ("c", "!"), ("", "done"), ("", "")]
    assert chunks[-1].reply is not None and (chunks[-1].reply.reasoning, chunks[-1].reply.text) == ("abc", "!done")


async def test_tool_calls_are_put_together_from_their_pieces(http: HttpClient, server: ScriptedServer) -> None:
    def piece(index: int | None, text: str, **more: Any) -> dict[str, Any]:
        name = {"name": more.pop("name")} if "name" in more else {}
        return delta(tool_calls=[{"index": index, **more, "function": {**name, "arguments": text}}])

    server.events(
        piece(0, "", id="call_a", name="add"),
        piece(0, '{"a"'),
        piece(1, '{"a":2}', id="call_b", name="add"),
        piece(0, ":1}"),
        piece(2, "", id="call_c", name="now"),
        end("tool_calls"),
    )

    chunks = await collect(model(http, server), ChatOptions(tools=(ADD,)))

    assert all(chunk.is_tool_call for chunk in chunks[:-1])
    assert chunks[-1].reply is not None and chunks[-1].reply.tool_calls == (
        ToolCall(id="call_a", name="add", arguments={"a": 1}),
        ToolCall(id="call_b", name="add", arguments={"a": 2}),
        ToolCall(id="call_c", name="now", arguments={}),
    )
    assert server.seen[0].json["tools"] == [
        {"type": "function", "function": {"name": "add", "description": "adds", "parameters": {**ADD.parameters}}}
    ]


async def test_tool_calls_without_indexes_begin_with_their_ids(http: HttpClient, server: ScriptedServer) -> None:
    first = {"id": "x", "function": {"name": "add", "arguments": '{"a":1}'}}
    second = {"id": "y", "function": {"name": "add", "arguments": '{"a":'}}
    server.events(delta(tool_calls=[first]), delta(tool_calls=[second]), delta(tool_calls=[{"function": {"arguments": "2}"}}]), end())

    reply = await model(http, server).invoke(HELLO)

    assert [(call.id, call.arguments) for call in reply.tool_calls] == [("x", {"a": 1}), ("y", {"a": 2})]


@pytest.mark.parametrize("arguments", ['{"a": 1', "[1]", '"text"', "{a:1}"])
@pytest.mark.parametrize("streaming", [True, False])
async def test_a_tool_call_with_broken_json_names_the_tool(
    http: HttpClient, server: ScriptedServer, arguments: str, streaming: bool
) -> None:
    call = {"index": 0, "id": "x", "type": "function", "function": {"name": "add", "arguments": arguments}}
    if streaming:
        server.events(delta(tool_calls=[call]), end("tool_calls"))
    else:
        server.json({"choices": [{"message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}]})

    with pytest.raises(ProviderError, match="'add' with arguments") as caught:
        await model(http, server, streaming=streaming).invoke(HELLO)

    assert caught.value.provider == "openai"


async def test_a_conversation_with_tools_and_images_is_sent_as_servers_know_it(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="ok"), end())
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    messages = [
        ChatMessage(role="system", content="be brief"),
        ChatMessage(role="user", content=[{"type": "text", "text": "what is it?"}, image], name="bob"),
        ChatMessage(role="assistant", content="", tool_calls=(ToolCall(id="c1", name="add", arguments={"a": "é"}),)),
        ChatMessage(role="tool", content="3", tool_call_id="c1", name="add"),
        ChatMessage(role="tool", content="4", tool_call_id="c2"),
    ]

    await model(http, server).invoke(messages, ChatOptions(tools=(ADD,), tool_choice="required", stop=("END",)))

    body = server.seen[0].json
    assert body["messages"] == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "what is it?"}, image]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":"é"}'}}],
        },
        {"role": "tool", "content": "3", "name": "add", "tool_call_id": "c1"},
        {"role": "tool", "content": "4", "tool_call_id": "c2"},
    ]
    assert (body["tool_choice"], body["stop"]) == ("required", ["END"])


async def test_names_are_sent_where_the_server_takes_them_and_only_such_as_it_takes(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="ok"), end())
    messages = [
        ChatMessage(role="user", content="a", name="first_draft"),
        ChatMessage(role="assistant", content="b", name="prüfer"),
        ChatMessage(role="user", content="c", name="check/fix"),
        ChatMessage(role="user", content="d", name="x" * 65),
        ChatMessage(role="user", content="e"),
    ]

    await model(http, server, has_names=True).invoke(messages)

    assert [message.get("name") for message in server.seen[0].json["messages"]] == ["first_draft", "prüfer", None, None, None]


async def test_a_structured_answer_is_a_forced_function_whose_arguments_are_the_text(http: HttpClient, server: ScriptedServer) -> None:
    schema = {"type": "object", "properties": {"items": {"type": "array"}}}
    call = {"index": 0, "id": "x", "type": "function", "function": {"name": "extract", "arguments": '{"items":[1]}'}}
    server.events(delta(tool_calls=[call]), end())

    reply = await model(http, server).invoke(HELLO, ChatOptions(json_schema=schema))

    assert (reply.text, reply.tool_calls) == ('{"items":[1]}', ())
    body = server.seen[0].json
    assert body["tools"] == [{"type": "function", "function": {"name": "extract", "parameters": schema}}]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "extract"}}


async def test_a_structured_answer_given_as_text_is_taken_too(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content='{"items":[]}'), end())

    reply = await model(http, server).invoke(HELLO, ChatOptions(json_schema={"type": "object"}))

    assert reply.text == '{"items":[]}'


async def test_a_forced_tool_and_strict_tools_are_said(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="x"), end())

    await model(http, server, strict_tools=True, has_developer_role=True).invoke(
        [ChatMessage(role="system", content="s"), *HELLO], ChatOptions(tools=(ADD,), tool_choice="add")
    )

    body = server.seen[0].json
    assert body["tool_choice"] == {"type": "function", "function": {"name": "add"}}
    assert body["tools"][0]["function"]["strict"] is True
    assert body["messages"][0]["role"] == "developer"


async def test_a_refusal_of_the_model_is_its_answer(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(refusal="I can't help with that."), end())

    assert (await model(http, server).invoke(HELLO)).text == "I can't help with that."


@pytest.mark.parametrize("is_cut", [True, False])
async def test_an_answer_that_breaks_off_is_an_error(http: HttpClient, server: ScriptedServer, is_cut: bool) -> None:
    server.events(delta(content="half an "), delta(content="answ"), is_cut=is_cut, done=False)
    chunks: list[ChatChunk] = []

    with pytest.raises(ProviderError, match="cut"):
        async for chunk in model(http, server).stream(HELLO):
            chunks.append(chunk)

    assert "".join(chunk.text for chunk in chunks) == "half an answ"
    assert len(server.seen) == 1, "words that were handed on are not asked for again"


@pytest.mark.parametrize(("reason", "done"), [("stop", False), (None, True)])
async def test_a_finish_reason_or_the_last_mark_makes_an_answer_whole(
    http: HttpClient, server: ScriptedServer, reason: str | None, done: bool
) -> None:
    server.events(delta(content="all"), *([end(reason)] if reason else []), done=done)

    assert (await model(http, server).invoke(HELLO)).text == "all"


async def test_an_error_inside_the_stream_is_told(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="a"), {"error": {"message": "overloaded", "code": 503}}, done=False)

    with pytest.raises(ProviderError, match="503 overloaded") as caught:
        await model(http, server).invoke(HELLO)

    assert caught.value.status == 503


@pytest.mark.parametrize("event", [b"{not json", b"[1]", b'"text"'])
async def test_an_event_that_is_no_json_object_is_told(http: HttpClient, server: ScriptedServer, event: bytes) -> None:
    server.events(event)

    with pytest.raises(ProviderError, match="sent an event that is"):
        await model(http, server).invoke(HELLO)


@pytest.mark.parametrize("answer", [{}, {"choices": []}, [], {"choices": [{"text": "x"}]}])
async def test_a_whole_answer_without_a_message_is_told(http: HttpClient, server: ScriptedServer, answer: Any) -> None:
    server.json(answer)

    with pytest.raises(ProviderError, match="without a message"):
        await model(http, server, streaming=False).invoke(HELLO)


async def test_a_wrong_key_is_told_and_not_shown(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({"error": {"message": f"Incorrect API key provided: {KEY}.", "code": "invalid_api_key"}}, status=401)

    with pytest.raises(ProviderError) as caught:
        await model(http, server, pause=pauses).invoke(HELLO)

    assert str(caught.value).startswith("401 Incorrect API key provided: ***.\n\n")
    assert (caught.value.status, caught.value.provider, len(server.seen)) == (401, "openai", 1)
    assert KEY not in repr(caught.value) + repr(vars(caught.value))


@pytest.mark.parametrize(("status", "page"), [(401, "MODEL_AUTHENTICATION"), (404, "MODEL_NOT_FOUND"), (429, "MODEL_RATE_LIMIT")])
async def test_a_refusal_with_a_page_of_its_own_ends_with_its_address(
    http: HttpClient, server: ScriptedServer, pauses: Pauses, status: int, page: str
) -> None:
    for _ in range(3):
        server.json({"error": {"message": "no"}}, status=status)

    with pytest.raises(ProviderError) as caught:
        await model(http, server, pause=pauses).invoke(HELLO)

    address = f"https://docs.langchain.com/oss/javascript/langchain/errors/{page}/"
    assert str(caught.value) == f"{status} no\n\nTroubleshooting URL: {address}\n"


async def test_the_key_may_go_into_a_header_of_its_own_and_a_query_stays_last(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="x"), end())
    chat = model(http, server, base_url=server.url + "/deployments/d/?api-version=7", key_header="api-key")

    await chat.invoke(HELLO)

    assert server.seen[0].path == "/deployments/d/chat/completions?api-version=7"
    assert server.seen[0].headers["api-key"] == KEY and "authorization" not in server.seen[0].headers


async def test_without_a_key_none_is_sent(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="x"), end())

    await model(http, server, api_key="").invoke(HELLO)

    assert "authorization" not in server.seen[0].headers


async def test_halves_of_surrogate_pairs_and_huge_numbers_can_be_sent(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="x"), end())

    await model(http, server, params={"seed": 2**70}).invoke([ChatMessage(role="user", content="a\ud83d")])

    assert server.seen[0].body.find(b"1180591620717411303424") > 0


def test_the_cache_key_holds_no_secret_and_tells_models_apart(http: HttpClient) -> None:
    def key(**fields: Any) -> str:
        given = {"provider": "openai", "base_url": "http://a/v1", "api_key": KEY, "model": "m", "params": {"temperature": 0.5}}
        return OpenAICompatibleChat(http, **{**given, **fields}).cache_key()

    assert KEY not in key()
    assert key() == key(api_key="sk-other-012345")
    assert len({key(), key(model="n"), key(params={"temperature": 1}), key(base_url="http://b/v1")}) == 4


async def test_an_answer_in_one_piece_tells_its_usage_in_both_spellings(http: HttpClient, server: ScriptedServer) -> None:
    usage = {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}
    server.json({"model": "m", "usage": usage, "choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]})

    reply = await model(http, server, streaming=False).invoke([ChatMessage(role="user", content="q")])

    assert reply.response_metadata["usage"] == usage
    assert reply.response_metadata["tokenUsage"] == {"promptTokens": 4, "completionTokens": 2, "totalTokens": 6}


@pytest.mark.parametrize(("thinks", "role"), [(False, "system"), (True, "developer")])
async def test_developers_speak_in_the_role_that_the_model_knows(http: HttpClient, server: ScriptedServer, thinks: bool, role: str) -> None:
    server.json({"model": "m", "choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]})
    messages = [ChatMessage(role="system", content="s"), ChatMessage(role="developer", content="d"), ChatMessage(role="user", content="q")]

    await model(http, server, streaming=False, has_developer_role=thinks).invoke(messages)

    assert [message["role"] for message in server.seen[0].json["messages"]] == [role, role, "user"]
