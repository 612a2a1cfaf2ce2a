"""Node awsChatBedrock: what it asks Bedrock for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.http import HttpCall, HttpResponse, Reach
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import InMemoryTextCache, ScriptedHttp, run_context

HELLO = [ChatMessage(role="user", content="hello")]
KEYS = {"awsKey": "AKIAEXAMPLE", "awsSecret": "secret-key-0123", "awsSession": "token-4567"}
ANSWER = {"output": {"message": {"content": [{"text": "hi"}]}}, "stopReason": "end_turn"}


@pytest.fixture(autouse=True)
def _no_keys_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


async def build(inputs: dict[str, Any], http: ScriptedHttp, credential: dict[str, str] | None = None) -> ChatModel:
    given = NodeInputs(inputs, node_id="awsChatBedrock_0", label="AWS Bedrock", credential=KEYS if credential is None else credential)
    model: ChatModel = await load_catalogue().get("awsChatBedrock").build(given, run_context(http=http))
    return model


async def ask(inputs: dict[str, Any], answer: Any = ANSWER, status: int = 200) -> HttpCall:
    http = ScriptedHttp(HttpResponse(status=status, reason="", headers={}, body=orjson.dumps(answer)))
    model = await build({"streaming": False, **inputs}, http)

    assert (await model.invoke(HELLO)).text == "hi"
    return http.calls[0]


async def test_bedrock_is_asked_in_the_region_with_a_signature() -> None:
    call = await ask({"region": "eu-west-1", "temperature": "0.7", "max_tokens_to_sample": "200"})

    model = "eu.anthropic.claude-haiku-4-5-20251001-v1%3A0"
    assert (call.method, call.url) == ("POST", f"https://bedrock-runtime.eu-west-1.amazonaws.com/model/{model}/converse")
    assert call.reach is Reach.ENDPOINT and call.is_exact
    assert call.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
    assert call.headers["x-amz-security-token"] == "token-4567"
    assert orjson.loads(call.body or b"") == {
        "inferenceConfig": {"temperature": 0.7, "maxTokens": 200},
        "messages": [{"role": "user", "content": [{"text": "hello"}]}],
    }


@pytest.mark.parametrize(
    ("inputs", "url"),
    [
        ({"model": "amazon.titan-text-v1", "endpointHost": "vpce.example"}, "https://vpce.example/model/amazon.titan-text-v1/converse"),
        (
            {"model": "ignored", "customModel": "arn:aws:bedrock:us-east-1:1:imported-model/x"},
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aimported-model%2Fx/converse",
        ),
        (
            {"model": "us.amazon.nova-lite-v1:0", "useGlobalEndpoint": True},
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/global.amazon.nova-lite-v1%3A0/converse",
        ),
    ],
)
async def test_the_address_is_that_of_the_inputs(inputs: dict[str, Any], url: str) -> None:
    assert (await ask(inputs)).url == url


async def test_low_latency_is_asked_for() -> None:
    call = await ask({"latencyOptimized": "true"})

    assert orjson.loads(call.body or b"")["performanceConfig"] == {"latency": "optimized"}


async def test_an_answer_is_kept_in_the_cache() -> None:
    http = ScriptedHttp(HttpResponse(status=200, reason="", headers={}, body=orjson.dumps(ANSWER)))
    model = await build({"streaming": False, "cache": InMemoryTextCache()}, http)

    assert [(await model.invoke(HELLO)).text for _ in range(2)] == ["hi", "hi"]
    assert len(http.calls) == 1
    assert "secret" not in model.cache_key()


async def test_a_wrong_key_is_told_without_it() -> None:
    with pytest.raises(ProviderError, match=r"403 The key \*\*\* is not valid"):
        await ask({}, {"message": "The key AKIAEXAMPLE is not valid"}, status=403)


async def test_without_keys_it_says_which() -> None:
    with pytest.raises(MissingInput, match=r"'awsChatBedrock_0' \(AWS Bedrock\) has no AWS keys"):
        await build({}, ScriptedHttp(), {})


async def test_a_region_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidFlow, match="is no region of AWS"):
        await build({"region": "evil.example/"}, ScriptedHttp())
