"""The wire of watsonx.ai against scripted servers."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from scripted_server import Pauses, ScriptedServer

from flowisectl.clients.watsonx import WatsonxChat, WatsonxEmbeddings, WatsonxText
from flowisectl.clients.watsonx_account import WatsonxLogin, watsonx_login
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.chat_model import ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.message import ChatMessage, ToolCall

TOKEN = "eyJraWQ-0123"
HELLO = [ChatMessage(role="user", content="hello")]
ADD = ToolSpec(name="add", description="adds", parameters={"type": "object", "properties": {"a": {"type": "number"}}})


def login(server: ScriptedServer) -> WatsonxLogin:
    return WatsonxLogin(token=TOKEN, service_url=server.url, version="2024-10-08", project="p-1")


def piece(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"model_id": "ibm/granite", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


LOGIN_FIELDS = {
    "serviceUrl": "https://us-south.ml.cloud.ibm.com/",
    "version": "2024-10-08",
    "projectId": "p-1",
    "watsonxAIApikey": "key-0123",
}


class TestLogin:
    async def ask(self, http: HttpClient, **fields: str) -> WatsonxLogin:
        given = {**LOGIN_FIELDS, **fields}
        return await watsonx_login(http, lambda name: given.get(name, ""), owner="node 'w' (Watsonx)")

    async def test_an_api_key_gives_a_token_which_is_kept(
        self, http: HttpClient, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("flowisectl.clients.watsonx_account.IAM_URL", f"{server.url}/identity/token")
        server.json({"access_token": TOKEN, "expires_in": 3600})

        found = [await self.ask(http) for _ in range(2)]

        assert [item.token for item in found] == [TOKEN, TOKEN] and len(server.seen) == 1
        assert found[0].url("text/chat") == "https://us-south.ml.cloud.ibm.com/ml/v1/text/chat?version=2024-10-08"
        assert parse_qs(server.seen[0].body.decode()) == {
            "grant_type": ["urn:ibm:params:oauth:grant-type:apikey"],
            "apikey": ["key-0123"],
        }

    async def test_a_wrong_api_key_is_told_without_it(
        self, http: HttpClient, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("flowisectl.clients.watsonx_account.IAM_URL", f"{server.url}/identity/token")
        server.json({"errorCode": "BXNIM0415E", "errorMessage": "Provided API key key-0123 could not be found."}, status=400)

        with pytest.raises(ProviderError, match="gave no access token: 400 BXNIM0415E") as caught:
            await self.ask(http)

        assert "key-0123" not in str(caught.value)

    async def test_a_token_may_be_given_at_once(self, http: HttpClient) -> None:
        assert (await self.ask(http, watsonxAIAuthType="bearertoken", watsonxAIBearerToken="t-1")).token == "t-1"

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"serviceUrl": "", "projectId": ""}, "with service URL, project id"),
            ({"watsonxAIApikey": ""}, "with an IAM API key"),
            ({"watsonxAIAuthType": "bearertoken"}, "with a bearer token"),
        ],
    )
    async def test_what_is_missing_is_told(self, http: HttpClient, fields: dict[str, str], message: str) -> None:
        with pytest.raises(MissingInput, match=message):
            await self.ask(http, **fields)


async def test_a_streamed_answer_comes_in_pieces(http: HttpClient, server: ScriptedServer) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    last = {"choices": [], "usage": usage}
    server.events(
        piece({"role": "assistant", "content": ""}), piece({"content": "Hel"}), piece({"content": "lo"}, "stop"), last, done=False
    )
    model = WatsonxChat(http, login(server), model="ibm/granite", params={"temperature": 0.5})

    chunks = [chunk async for chunk in model.stream([ChatMessage(role="system", content="S"), *HELLO])]

    assert [chunk.text for chunk in chunks] == ["Hel", "lo", ""]
    reply = chunks[-1].reply
    assert reply is not None and reply.text == "Hello"
    assert reply.usage is not None and reply.usage["total_tokens"] == 7
    seen = server.seen[0]
    assert (seen.path, seen.headers["authorization"]) == ("/ml/v1/text/chat_stream?version=2024-10-08", f"Bearer {TOKEN}")
    assert seen.json == {
        "model_id": "ibm/granite",
        "project_id": "p-1",
        "temperature": 0.5,
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": [{"type": "text", "text": "hello"}]}],
    }


async def test_tools_are_offered_and_called(http: HttpClient, server: ScriptedServer) -> None:
    call = {"id": "c-1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    server.json({"choices": [{"message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}]})
    model = WatsonxChat(http, login(server), model="m", streaming=False)

    reply = await model.invoke(HELLO, ChatOptions(tools=(ADD,), tool_choice="required"))
    await model.invoke(HELLO, ChatOptions(tools=(ADD,), tool_choice="add"))

    assert reply.tool_calls == (ToolCall(id="c-1", name="add", arguments={"a": 1}),)
    first, second = (seen.json for seen in server.seen)
    assert server.seen[0].path == "/ml/v1/text/chat?version=2024-10-08"
    assert (first["tool_choice_option"], "tool_choice" in first) == ("required", False)
    assert second["tool_choice"] == {"type": "function", "function": {"name": "add"}}
    assert "stream" not in first and first["tools"][0]["function"]["name"] == "add"


async def test_a_structured_answer_is_the_arguments_of_a_forced_function(http: HttpClient, server: ScriptedServer) -> None:
    call = {"id": "c-1", "function": {"name": "extract", "arguments": '{"n": 1}'}}
    server.json({"choices": [{"message": {"tool_calls": [call]}, "finish_reason": "stop"}]})

    reply = await WatsonxChat(http, login(server), model="m", streaming=False).invoke(HELLO, ChatOptions(json_schema={"type": "object"}))

    assert orjson.loads(reply.text) == {"n": 1}


async def test_errors_within_a_stream_are_told(http: HttpClient, server: ScriptedServer) -> None:
    server.events(piece({"content": "half"}), {"errors": [{"code": "x", "message": "it broke"}], "status_code": 500}, done=False)

    with pytest.raises(ProviderError, match="500 it broke"):
        await WatsonxChat(http, login(server), model="m").invoke(HELLO)


async def test_an_answer_that_breaks_off_is_an_error(http: HttpClient, server: ScriptedServer) -> None:
    server.events(piece({"content": "half"}), done=False, is_cut=True)

    with pytest.raises(ProviderError, match="cut"):
        await WatsonxChat(http, login(server), model="m").invoke(HELLO)


async def test_a_refused_token_is_told_without_it(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"errors": [{"code": "authentication_token_expired", "message": f"Failed to authenticate {TOKEN}"}]}, status=401)

    with pytest.raises(ProviderError, match=r"401 .*Failed to authenticate \*\*\*"):
        await WatsonxChat(http, login(server), model="m").invoke(HELLO)


async def test_a_busy_model_is_asked_again(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({"errors": [{"message": "busy"}]}, status=429)
    server.json({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]})

    reply = await WatsonxChat(http, login(server), model="m", streaming=False, pause=pauses).invoke(HELLO)

    assert (reply.text, len(pauses.seconds)) == ("hi", 1)


class TestText:
    async def test_a_text_is_written_on(self, http: HttpClient, server: ScriptedServer) -> None:
        server.json({"results": [{"generated_text": "world", "stop_reason": "eos_token"}]})
        model = WatsonxText(http, login(server), model="m", params={"max_new_tokens": 9, "top_k": None, "stop_sequences": ["a"]})

        reply = await model.invoke(HELLO, ChatOptions(stop=("b",)))

        assert reply.text == "world"
        assert server.seen[0].path == "/ml/v1/text/generation?version=2024-10-08"
        assert server.seen[0].json == {
            "model_id": "m",
            "project_id": "p-1",
            "input": "hello",
            "parameters": {"max_new_tokens": 9, "stop_sequences": ["a", "b"]},
        }

    async def test_it_streams_when_it_shall(self, http: HttpClient, server: ScriptedServer) -> None:
        results = [("wor", "not_finished"), ("ld", "NOT_FINISHED"), ("", "max_tokens")]
        server.events(*[{"results": [{"generated_text": text, "stop_reason": reason}]} for text, reason in results], done=False)
        model = WatsonxText(http, login(server), model="m", streaming=True)

        chunks = [chunk async for chunk in model.stream(HELLO)]

        assert [chunk.text for chunk in chunks] == ["wor", "ld", ""]
        assert chunks[-1].reply is not None and chunks[-1].reply.text == "world"
        assert server.seen[0].path == "/ml/v1/text/generation_stream?version=2024-10-08"

    @pytest.mark.parametrize(
        ("event", "message"),
        [
            ({"results": [{"generated_text": "half", "stop_reason": "not_finished"}]}, "cut"),
            ({"errors": [{"message": "it broke"}]}, "it broke"),
        ],
    )
    async def test_a_stream_that_breaks_is_an_error(
        self, http: HttpClient, server: ScriptedServer, event: dict[str, Any], message: str
    ) -> None:
        server.events(event, done=False)
        model = WatsonxText(http, login(server), model="m", streaming=True)

        with pytest.raises(ProviderError, match=message):
            [chunk async for chunk in model.stream(HELLO)]

    async def test_an_answer_without_a_text_and_tools_are_refused(self, http: HttpClient, server: ScriptedServer) -> None:
        server.json({"results": []})
        model = WatsonxText(http, login(server), model="m")

        with pytest.raises(ProviderError, match="without a text"):
            await model.invoke(HELLO)
        with pytest.raises(ProviderError, match="cannot call tools"):
            await model.invoke(HELLO, ChatOptions(tools=(ADD,)))


async def test_texts_are_embedded(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"results": [{"embedding": [1, 2]}, {"embedding": [3, 4]}], "input_token_count": 2})

    embeddings = WatsonxEmbeddings(http, login(server), model="m", most_tokens=9)

    assert await embeddings.embed(["a", "b"]) == [[1.0, 2.0], [3.0, 4.0]]
    assert server.seen[0].path == "/ml/v1/text/embeddings?version=2024-10-08"
    assert server.seen[0].json == {
        "model_id": "m",
        "project_id": "p-1",
        "parameters": {"truncate_input_tokens": 9},
        "inputs": ["a", "b"],
    }
    server.script()
    server.json({"results": [{}]})
    with pytest.raises(ProviderError, match="without embeddings"):
        await embeddings.embed(["a"])
