"""A model that tells its answer (`TellingModel`) tells what it streams, of every provider's wire, good answers and bad ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scripted_server import Answer, ScriptedServer

from flowisectl.clients.ollama import OllamaChat
from flowisectl.clients.openai_compatible import OpenAICompatibleChat
from flowisectl.clients.wire_chat import WireChat
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatChunk
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.model_call import MODEL_CALLS

HELLO = [ChatMessage(role="user", content="hello")]


def delta(**fields: Any) -> dict[str, Any]:
    return {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


END = {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
CALL = {"index": 0, "id": "call_1", "function": {"name": "add", "arguments": '{"a":1}'}}


def openai(http: HttpClient, server: ScriptedServer, **fields: Any) -> WireChat:
    given = {"provider": "openai", "base_url": server.url, "api_key": "", "model": "m", "max_retries": 0}
    return OpenAICompatibleChat(http, **{**given, **fields})


def ollama(http: HttpClient, server: ScriptedServer, **fields: Any) -> WireChat:
    return OllamaChat(http, base_url=server.url, model="m", max_retries=0, **fields)


def lines(*texts: str) -> Answer:
    return Answer(
        pieces=[*[b'{"message":{"content":"%b"}}\n' % text.encode() for text in texts], b'{"message":{"content":""},"done":true}']
    )


async def streamed(chat: WireChat) -> list[ChatChunk]:
    return [chunk async for chunk in chat.stream(HELLO)]


async def told(chat: WireChat) -> list[ChatChunk]:
    chunks: list[ChatChunk] = []
    reply = await chat.tell(HELLO, chunks.append)
    assert chunks[-1].reply is reply
    return chunks


@pytest.mark.parametrize(
    "events",
    [
        [delta(role="assistant", content=""), delta(content="Hel"), delta(content="lo é"), END],
        [delta(content=f"w{number} ") for number in range(40)] + [END],
        [delta(reasoning_content="hm"), delta(content="yes", refusal=None), END],
        [delta(tool_calls=[CALL]), END],
        [END],
    ],
)
async def test_openais_wire_tells_what_it_streams(http: HttpClient, server: ScriptedServer, events: list[Any]) -> None:
    server.events(*events)

    assert await told(openai(http, server)) == await streamed(openai(http, server))


async def test_an_answer_whose_last_line_has_no_end_is_told_whole(http: HttpClient, server: ScriptedServer) -> None:
    server.script(lines("One ", "two"))

    chunks = await told(ollama(http, server))

    assert [chunk.text for chunk in chunks] == ["One ", "two", ""]
    assert chunks == await streamed(ollama(http, server))


@pytest.mark.parametrize("make", [openai, ollama])
async def test_a_model_that_does_not_stream_tells_its_answer_in_one_piece(
    http: HttpClient, server: ScriptedServer, make: Callable[..., WireChat]
) -> None:
    server.json({"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}], "message": {"content": "whole"}, "done": True})

    chunks = await told(make(http, server, streaming=False))

    assert [chunk.text for chunk in chunks] == ["whole"]


@pytest.mark.parametrize(
    ("events", "told_as"),
    [
        ([delta(content="a"), {"error": {"message": "overloaded"}}], "overloaded"),
        ([delta(content="a"), b"[1]"], "no JSON object"),
    ],
)
async def test_an_error_in_the_middle_is_told(http: HttpClient, server: ScriptedServer, events: list[Any], told_as: str) -> None:
    server.events(*events)
    heard: list[ChatChunk] = []

    with pytest.raises(ProviderError, match=told_as):
        await openai(http, server).tell(HELLO, heard.append)

    assert [chunk.text for chunk in heard] == ["a"]


async def test_a_broken_answer_is_asked_for_again_only_before_its_first_word(http: HttpClient, server: ScriptedServer) -> None:
    async def at_once(seconds: float) -> None:
        return None

    server.script(Answer(pieces=[], is_cut=True))
    server.events(delta(content="good"), END)
    server.events(delta(content="half"), is_cut=True, done=False)
    chat = openai(http, server, max_retries=2, pause=at_once)

    assert (await told(chat))[0].text == "good"
    with pytest.raises(ProviderError):
        await told(chat)
    assert len(server.seen) == 3


async def test_what_the_listener_raises_ends_the_call(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="a"), END)

    def refuse(chunk: ChatChunk) -> None:
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        await openai(http, server).tell(HELLO, refuse)


class Calls:
    """A listener of model calls that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def asked(self, *, provider: str, model: str, operation: str) -> Calls:
        self.heard.append("asked")
        return self

    def first_token(self) -> None:
        self.heard.append("first token")

    def answered(self, *, provider: str, model: str, status: int, usage: Any = None) -> None:
        self.heard.append(f"answered {status}")


async def test_whoever_watches_the_run_hears_of_the_call_once(http: HttpClient, server: ScriptedServer) -> None:
    server.events(delta(content="a"), delta(content="b"), delta(content="c"), END)
    calls = Calls()
    MODEL_CALLS.set(calls)

    await told(openai(http, server))

    assert calls.heard == ["asked", "first token", "answered 200"]
