"""Node chatNemoGuardrails: what it asks the server for, and what it reads in the answer."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.chat_model import ChatModel, ChatOptions, ToolSpec
from flowisectl.interfaces.http import HttpResponse, Reach
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.chat_models.chat_nemo_guardrails import ChatNemoGuardrails
from flowisectl.testing import ScriptedHttp, run_context

HELLO = [ChatMessage(role="system", content="S"), ChatMessage(role="user", content=[{"type": "text", "text": "hello"}])]


async def build(answer: Any = None, status: int = 200, **inputs: Any) -> tuple[ChatModel, ScriptedHttp]:
    http = ScriptedHttp(HttpResponse(status=status, reason="", headers={}, body=orjson.dumps(answer)))
    given = NodeInputs({"baseUrl": "http://127.0.0.1:8000/", "configurationId": "safe", **inputs}, node_id="n_0", label="Nemo")
    return await ChatNemoGuardrails().build(given, run_context(http=http)), http


@pytest.mark.parametrize(
    "answer", [{"messages": [{"role": "assistant", "content": "hi"}]}, {"choices": [{"message": {"role": "assistant", "content": "hi"}}]}]
)
async def test_a_configuration_of_rails_is_asked(answer: Any) -> None:
    model, http = await build(answer)

    chunks = [chunk async for chunk in model.stream(HELLO)]

    assert [chunk.text for chunk in chunks] == ["hi"] and chunks[0].reply is not None
    call = http.calls[0]
    assert (call.method, call.url, call.reach) == ("POST", "http://127.0.0.1:8000/v1/chat/completions", Reach.ENDPOINT)
    assert orjson.loads(call.body or b"") == {
        "config_id": "safe",
        "stream": False,
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "hello"}],
    }


@pytest.mark.parametrize("answer", [{}, {"messages": []}, {"choices": [{}]}, [], None])
async def test_an_answer_without_a_message_is_an_error(answer: Any) -> None:
    model, _ = await build(answer)

    with pytest.raises(ProviderError, match="without a message"):
        await model.invoke(HELLO)


async def test_a_refusal_is_told() -> None:
    model, _ = await build({"detail": "no such configuration"}, 422)

    with pytest.raises(ProviderError, match="422 no such configuration"):
        await model.invoke(HELLO)


async def test_it_knows_no_tools() -> None:
    model, _ = await build()

    with pytest.raises(ProviderError, match="cannot call tools"):
        await model.invoke(HELLO, ChatOptions(tools=(ToolSpec(name="t", description="", parameters={}),)))


@pytest.mark.parametrize("name", ["baseUrl", "configurationId"])
async def test_what_is_missing_is_told(name: str) -> None:
    with pytest.raises(MissingInput, match=f"'{name}'"):
        await build(**{name: ""})
