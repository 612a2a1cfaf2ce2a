"""What the OpenAI node makes of its inputs, seen in the requests that its model sends."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.http import HttpCall, HttpResponse
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.chat_models._compatible import is_reasoning_model
from flowisectl.nodes.chat_models.chat_open_ai import ChatOpenAI
from flowisectl.testing import InMemoryTextCache, ScriptedHttp, run_context

ANSWER = {"choices": [{"message": {"role": "assistant", "content": "fine"}, "finish_reason": "stop"}]}
PLAIN = {"streaming": False, "modelName": "gpt-4o-mini"}


async def model_of(http: ScriptedHttp | None = None, *, key: str = "sk-test", **inputs: Any) -> ChatModel:
    credential = {"openAIApiKey": key} if key else {}
    return await ChatOpenAI().build(
        NodeInputs(inputs, node_id="m_0", label="OpenAI", credential=credential), run_context(http=http or ScriptedHttp())
    )


async def request_of(**inputs: Any) -> tuple[HttpCall, dict[str, Any]]:
    http = ScriptedHttp(HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(ANSWER)))
    reply = await (await model_of(http, **{**PLAIN, **inputs})).invoke(
        [ChatMessage(role="system", content="s"), ChatMessage(role="user", content="q")]
    )
    assert reply.text == "fine"
    return http.calls[0], orjson.loads(http.calls[0].body or b"")


async def test_unset_inputs_are_not_sent() -> None:
    call, body = await request_of(
        temperature="", maxTokens="", topP="", frequencyPenalty="", presencePenalty="", stopSequence="", baseOptions=""
    )

    assert call.url == "https://api.openai.com/v1/chat/completions"
    assert call.headers["authorization"] == "Bearer sk-test"
    assert body.keys() == {"model", "messages", "stream"}


async def test_set_inputs_are_sent_in_the_spelling_of_the_wire() -> None:
    call, body = await request_of(
        temperature="0",
        maxTokens="12",
        topP=0.5,
        frequencyPenalty="0.25",
        presencePenalty=1,
        stopSequence="END, STOP,",
        basepath="http://127.0.0.1:9/v1/",
        baseOptions='{"x-team": "blue"}',
    )

    assert call.url == "http://127.0.0.1:9/v1/chat/completions"
    assert call.headers["x-team"] == "blue"
    sent = {name: body[name] for name in body.keys() - {"model", "messages", "stream"}}
    assert sent == {
        "temperature": 0,
        "max_tokens": 12,
        "top_p": 0.5,
        "frequency_penalty": 0.25,
        "presence_penalty": 1,
        "stop": ["END", "STOP"],
    }


@pytest.mark.parametrize(
    ("model", "member"),
    [
        ("gpt-4o-mini", "max_tokens"),
        ("my-own-model", "max_tokens"),
        ("gpt-5-chat-latest", "max_tokens"),
        ("gpt-5.1", "max_completion_tokens"),
        ("o4-mini", "max_completion_tokens"),
    ],
)
async def test_the_limit_of_an_answer_has_the_name_that_the_model_knows(model: str, member: str) -> None:
    _, body = await request_of(modelName=model, maxTokens="12")

    assert {name: body[name] for name in ("max_tokens", "max_completion_tokens") if name in body} == {member: 12}


async def test_reasoning_models_get_an_effort_instead_of_a_temperature() -> None:
    _, body = await request_of(modelName="o3-mini", temperature=0.7, stopSequence="END", reasoningEffort="low")

    assert body["reasoning_effort"] == "low"
    assert "temperature" not in body and "stop" not in body
    assert body["messages"][0]["role"] == "developer"


@pytest.mark.parametrize(
    ("name", "thinks"),
    [
        ("o1", True),
        ("o3-mini", True),
        ("o4-mini", True),
        ("codex-mini", True),
        ("gpt-5", True),
        ("gpt-5-chat-latest", False),
        ("gpt-4o", False),
    ],
)
def test_reasoning_models_are_told_by_their_names(name: str, thinks: bool) -> None:
    assert is_reasoning_model(name) is thinks


async def test_streaming_is_on_unless_it_is_switched_off() -> None:
    assert (await model_of()).streaming
    assert (await model_of(streaming="")).streaming
    assert not (await model_of(streaming="false")).streaming
    assert (await model_of(allowImageUploads=True)).allows_images


async def test_without_a_key_the_node_says_so() -> None:
    with pytest.raises(MissingInput, match=r"'m_0'.*API key"):
        await model_of(key="")


async def test_an_overridden_key_wins_over_the_credential() -> None:
    call, _ = await request_of(openAIApiKey="sk-other")

    assert call.headers["authorization"] == "Bearer sk-other"


async def test_a_connected_cache_answers_the_second_time() -> None:
    http = ScriptedHttp(HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(ANSWER)))
    model = await model_of(http, **PLAIN, cache=InMemoryTextCache())
    question = [ChatMessage(role="user", content="q")]

    assert (await model.invoke(question)).text == (await model.invoke(question)).text == "fine"
    assert len(http.calls) == 1


async def test_the_key_stays_out_of_errors_and_of_the_cache_key() -> None:
    body = orjson.dumps({"error": {"message": "Incorrect API key provided: sk-test"}})
    model = await model_of(ScriptedHttp(HttpResponse(status=401, reason="", headers={}, body=body)), **PLAIN)

    with pytest.raises(ProviderError) as caught:
        await model.invoke([ChatMessage(role="user", content="q")])

    assert "sk-test" not in str(caught.value)
    assert "sk-test" not in model.cache_key()
