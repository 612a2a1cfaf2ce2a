"""Node openApiChain."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, MissingInput
from flowisectl.interfaces.chat_model import ChatReply
from flowisectl.interfaces.http import HttpDenied, HttpFailed, HttpResponse, Reach
from flowisectl.interfaces.message import ToolCall
from flowisectl.nodes.chains.open_api_chain import OpenApiChain
from flowisectl.testing import ScriptedChatModel, ScriptedHttp, run_context

API: dict[str, Any] = {
    "servers": [{"url": "https://api.test/v1"}],
    "paths": {
        "/pets/{id}": {
            "get": {
                "operationId": "get pet",
                "summary": "Reads a pet",
                "parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}}],
            },
            "put": {"operationId": "save", "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}},
        }
    },
}


def file_of(document: Any) -> str:
    return "data:application/x-yaml;base64," + base64.b64encode(orjson.dumps(document)).decode() + ",filename:api.yaml"


def answer(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, reason="Reason", headers={"content-type": "application/json"}, body=body)


def calling(name: str, **arguments: Any) -> ChatReply:
    return ChatReply(tool_calls=(ToolCall(id="c1", name=name, arguments=arguments),))


async def run(model: Any, http: ScriptedHttp, **inputs: Any) -> Any:
    values = NodeInputs({"model": model, "yamlFile": file_of(API), **inputs}, node_id="c_0", label="Chain")
    return await OpenApiChain().run(values, run_context(http=http, question="Which pet is 7?"))


async def test_what_the_api_says_to_the_models_call_is_the_answer() -> None:
    model, http = ScriptedChatModel(calling("get_pet", PathParameters={"id": "7/8"})), ScriptedHttp(answer(b'{"name":"Rex"}'))

    told = await run(model, http, headers='{"X-Key": "k"}')

    assert told == {"text": '{"name":"Rex"}'}
    assert [tool.name for tool in model.calls[0].options.tools] == ["get_pet", "save"]
    assert model.calls[0].texts[0][1].endswith("Which pet is 7?")
    call = http.calls[0]
    assert (call.method, call.url, call.headers, call.reach) == ("GET", "https://api.test/v1/pets/7%2F8", {"X-Key": "k"}, Reach.PUBLIC)


async def test_a_body_is_sent_as_json_and_a_refusal_is_told() -> None:
    model = ScriptedChatModel(calling("save", PathParameters={"id": 7}, RequestBody={"name": "Rex"}))
    http = ScriptedHttp(answer(b"no such pet", 404))

    assert await run(model, http) == {"text": "404 Reason: no such pet"}
    assert (http.calls[0].body, http.calls[0].headers["content-type"]) == (b'{"name":"Rex"}', "application/json")


async def test_a_model_that_calls_nothing_answers_itself() -> None:
    assert await run(ScriptedChatModel("I cannot know."), ScriptedHttp()) == {"text": "I cannot know."}


async def test_a_link_wins_over_the_file_and_completes_the_servers_address() -> None:
    document = {**API, "servers": [{"url": "/v2"}]}
    http = ScriptedHttp(answer(orjson.dumps(document)), answer(b"ok"))

    await run(ScriptedChatModel(calling("get_pet", PathParameters={"id": 1})), http, yamlLink="https://docs.test/api/openapi.json")

    assert [call.url for call in http.calls] == ["https://docs.test/api/openapi.json", "https://docs.test/v2/pets/1"]


@pytest.mark.parametrize(
    ("script", "http", "inputs", "error", "words"),
    [
        (calling("fly"), ScriptedHttp(), {}, FlowError, "does not have"),
        (calling("get_pet"), ScriptedHttp(HttpDenied("denied")), {}, FlowError, "denied"),
        ("x", ScriptedHttp(), {"yamlFile": ""}, MissingInput, "choose a file"),
        ("x", ScriptedHttp(), {"yamlFile": file_of({"paths": {}})}, MissingInput, "names no server"),
        ("x", ScriptedHttp(), {"yamlFile": file_of({"a": 1})}, InvalidFlow, "no OpenAPI document"),
        ("x", ScriptedHttp(answer(b"gone", 404)), {"yamlLink": "https://docs.test/a"}, FlowError, "cannot be read"),
    ],
)
async def test_what_goes_wrong_is_told(script: Any, http: ScriptedHttp, inputs: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        await run(ScriptedChatModel(script), http, **inputs)


async def test_a_request_that_fails_is_told_without_its_query() -> None:
    model = ScriptedChatModel(calling("get_pet", PathParameters={"id": "7"}, QueryParameters={"key": "very-secret"}))

    with pytest.raises(FlowError, match=r"GET https://api\.test/v1/pets/7: no connection") as caught:
        await run(model, ScriptedHttp(HttpFailed("no connection")))

    assert "very-secret" not in str(caught.value)
