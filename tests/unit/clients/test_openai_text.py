"""OpenAI's completions wire against scripted servers, through its node."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_server import ScriptedServer

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import ProviderError
from flowisectl.interfaces.chat_model import ChatOptions
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.model_call import MODEL_CALLS
from flowisectl.nodes.llms.open_ai import OpenAI
from flowisectl.testing import run_context

HELLO = [ChatMessage(role="user", content="hello")]


async def model(http: HttpClient, server: ScriptedServer, **inputs: Any) -> Any:
    values = NodeInputs({"basepath": f"{server.url}/v1/", "temperature": "0.2", **inputs}, credential={"openAIApiKey": "sk-0123456789"})
    return await OpenAI().build(values, run_context(http=http))


def piece(text: str, reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "text": text, "finish_reason": reason}]}


async def test_a_streamed_text_comes_in_pieces(http: HttpClient, server: ScriptedServer) -> None:
    server.events(piece("Hel"), piece("lo"), piece("", "stop"))

    chunks = [chunk async for chunk in (await model(http, server)).stream(HELLO, ChatOptions(stop=("END",)))]

    assert [chunk.text for chunk in chunks] == ["Hel", "lo", ""]
    assert chunks[-1].reply.text == "Hello"
    assert (server.seen[0].path, server.seen[0].headers["authorization"]) == ("/v1/completions", "Bearer sk-0123456789")
    assert server.seen[0].json == {
        "model": "gpt-3.5-turbo-instruct", "prompt": "hello", "temperature": 0.2, "max_tokens": 256, "stop": ["END"], "stream": True,
    }  # fmt: skip


async def test_a_whole_text_is_asked_for_at_once(http: HttpClient, server: ScriptedServer) -> None:
    server.json(piece("Hello", "stop"))

    assert (await (await model(http, server, modelName="m")).invoke(HELLO)).text == "Hello"
    assert "stream" not in server.seen[0].json


@pytest.mark.parametrize("is_cut", [True, False])
async def test_a_cut_stream_is_an_error(http: HttpClient, server: ScriptedServer, is_cut: bool) -> None:
    server.events(piece("Hel"), is_cut=is_cut, done=False)

    with pytest.raises(ProviderError):
        _ = [chunk async for chunk in (await model(http, server)).stream(HELLO)]


async def test_an_error_in_the_stream_and_a_wrong_key_are_told(http: HttpClient, server: ScriptedServer) -> None:
    server.events({"error": {"message": "overloaded sk-0123456789"}})
    server.json({"error": {"message": "wrong key sk-0123456789"}}, status=401)
    asked = await model(http, server)

    with pytest.raises(ProviderError, match="overloaded") as first:
        _ = [chunk async for chunk in asked.stream(HELLO)]
    with pytest.raises(ProviderError, match="401") as second:
        await asked.invoke(HELLO)
    assert "0123456789" not in str(first.value) + str(second.value)


async def test_whoever_watches_the_run_hears_of_every_call(http: HttpClient, server: ScriptedServer) -> None:
    class Heard:
        def __init__(self) -> None:
            self.lines: list[Any] = []

        def asked(self, *, provider: str, model: str, operation: str) -> Heard:
            self.lines.append((operation, provider))
            return self

        def first_token(self) -> None:
            self.lines.append("first token")

        def answered(self, *, provider: str, model: str, status: int, usage: Any = None) -> None:
            self.lines.append((provider, status))

    server.events(piece("Hel"), piece("lo", "stop"))
    server.json({}, status=401)
    asked, heard = await model(http, server), Heard()
    token = MODEL_CALLS.set(heard)
    try:
        _ = [chunk async for chunk in asked.stream(HELLO)]
        with pytest.raises(ProviderError):
            await asked.invoke(HELLO)
    finally:
        MODEL_CALLS.reset(token)

    began = ("text_completion", "openAI")
    assert heard.lines == [began, "first token", ("openAI", 200), began, ("openAI", 401)]
