"""The nodes of Qianfan: the token that they ask for, and what they ask the models."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from flowisectl.clients.qianfan import authorization
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.http import HttpFailed, HttpResponse
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import ScriptedHttp, run_context

HELLO = [ChatMessage(role="user", content="hello")]
KEYS = {"qianfanAccessKey": "ak-0123", "qianfanSecretKey": "sk-4567"}
TOKEN = {"token": "bce-v3/token-89", "userId": "u", "expireTime": "2026-01-02T00:00:00Z"}
COMPLETION = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}


def answered(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, reason="", headers={}, body=orjson.dumps(body))


async def build(name: str, http: ScriptedHttp, credential: dict[str, str] | None = None, **inputs: Any) -> Any:
    given = NodeInputs(inputs, node_id=f"{name}_0", label="Baidu", credential=KEYS if credential is None else credential)
    return await load_catalogue().get(name).build(given, run_context(http=http))


def test_a_request_for_a_token_is_signed() -> None:
    head = "bce-auth-v1/ak-0123/2026-01-02T03:04:05Z/1800"
    text = "GET\n/v1/BCE-BEARER/token\nexpireInSeconds=86400\nhost:iam.bj.baidubce.com"
    key = hmac.new(b"sk-4567", head.encode(), hashlib.sha256).hexdigest()
    expected = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()

    signed = authorization("ak-0123", "sk-4567", query="expireInSeconds=86400", now=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))

    assert signed == f"{head}/host/{expected}"


async def test_a_chat_is_asked_with_a_token_which_is_kept() -> None:
    http = ScriptedHttp(answered(TOKEN), answered(COMPLETION))
    inputs = {"streaming": False, "temperature": 0.5, "penaltyScore": "1.2", "userId": "me"}

    model = await build("chatBaiduWenxin", http, **inputs)
    await build("chatBaiduWenxin", http, **inputs)

    assert (await model.invoke(HELLO)).text == "hi"
    login, call = http.calls
    assert (login.method, login.url) == ("GET", "https://iam.bj.baidubce.com/v1/BCE-BEARER/token?expireInSeconds=86400")
    assert login.headers["authorization"].startswith("bce-auth-v1/ak-0123/")
    assert (call.url, call.headers["authorization"]) == ("https://qianfan.baidubce.com/v2/chat/completions", "Bearer bce-v3/token-89")
    assert orjson.loads(call.body or b"") == {
        "model": "ernie-4.5-8k-preview",
        "temperature": 0.5,
        "penalty_score": 1.2,
        "user": "me",
        "stream": False,
        "messages": [{"role": "user", "content": "hello"}],
    }


async def test_texts_are_embedded_in_lists() -> None:
    vector = answered({"data": [{"embedding": [1, 2], "index": 0}]})
    http = ScriptedHttp(answered(TOKEN), vector, vector)

    embeddings = await build("baiduQianfanEmbeddings", http, timeout="5000")

    assert await embeddings.embed(["a\nb"]) == [[1.0, 2.0]]
    assert await embeddings.embed_query("q") == [1.0, 2.0]
    call = http.calls[1]
    assert (call.url, call.timeout_seconds) == ("https://qianfan.baidubce.com/v2/embeddings", 5.0)
    assert [orjson.loads(call.body or b"") for call in http.calls[1:]] == [
        {"model": "embedding-v1", "input": ["a\nb"]},
        {"model": "embedding-v1", "input": ["q"]},
    ]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (answered({"code": "InvalidAccessKeyId", "message": "ak-0123 does not exist"}, 403), "403 InvalidAccessKeyId"),
        (HttpResponse(status=502, reason="", headers={}, body=b"<html>sk-4567"), "502 no reason told"),
        (HttpFailed("gone"), "gone"),
    ],
)
async def test_a_refused_key_is_told_without_it(answer: Any, message: str) -> None:
    with pytest.raises(ProviderError, match=f"Baidu gave no access token: {message}") as caught:
        await build("chatBaiduWenxin", ScriptedHttp(answer))

    assert "ak-0123" not in str(caught.value) and "sk-4567" not in str(caught.value)


@pytest.mark.parametrize("name", ["chatBaiduWenxin", "baiduQianfanEmbeddings"])
async def test_without_a_key_it_says_which(name: str) -> None:
    with pytest.raises(MissingInput, match="choose a credential with 'qianfanSecretKey'"):
        await build(name, ScriptedHttp(), {"qianfanAccessKey": "ak-0123"})
