"""The nodes of watsonx.ai: what they ask for, told from the requests that they send."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput
from flowisectl.interfaces.http import HttpResponse
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.testing import ScriptedHttp, run_context

HELLO = [ChatMessage(role="user", content="hello")]
CREDENTIAL = {"serviceUrl": "https://w.example", "version": "2024-10-08", "projectId": "p-1", "watsonxAIApikey": "key-0123"}
COMPLETION = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}


def http_with(answer: Any) -> ScriptedHttp:
    bodies = ({"access_token": "token-0123", "expires_in": 3600}, answer)
    return ScriptedHttp(*[HttpResponse(status=200, reason="OK", headers={}, body=orjson.dumps(body)) for body in bodies])


async def build(name: str, http: ScriptedHttp, inputs: dict[str, Any], credential: dict[str, str] | None = None) -> Any:
    given = NodeInputs(inputs, node_id=f"{name}_0", label="Watsonx", credential=CREDENTIAL if credential is None else credential)
    return await load_catalogue().get(name).build(given, run_context(http=http))


def asked(http: ScriptedHttp, path: str) -> Any:
    assert http.calls[0].url == "https://iam.cloud.ibm.com/identity/token"
    call = http.calls[1]
    assert (call.url, call.headers["authorization"]) == (f"https://w.example/ml/v1/{path}?version=2024-10-08", "Bearer token-0123")
    return orjson.loads(call.body or b"")


async def test_a_chat_is_asked_with_the_nodes_inputs() -> None:
    http = http_with(COMPLETION)
    inputs = {"modelName": "ibm/granite", "streaming": False, "temperature": "0", "topP": 0.1, "presencePenalty": 1, "maxTokens": 7, "n": 1}

    model = await build("chatIBMWatsonx", http, {**inputs, "logprobs": False})

    assert (await model.invoke(HELLO)).text == "hi"
    assert asked(http, "text/chat") == {
        "model_id": "ibm/granite",
        "project_id": "p-1",
        "temperature": 0.0,
        "max_tokens": 7,
        "top_p": 0.1,
        "presence_penalty": 1.0,
        "n": 1,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
    }


async def test_a_text_model_is_asked_with_the_nodes_inputs() -> None:
    http = http_with({"results": [{"generated_text": "hi", "stop_reason": "eos_token"}]})
    inputs = {"decodingMethod": "sample", "topK": 50, "temperature": 0.7, "maxNewTokens": "100", "stopSequence": "AI:, Human:"}

    model = await build("ibmWatsonx", http, inputs)

    assert (await model.invoke(HELLO)).text == "hi" and not model.streaming
    body = asked(http, "text/generation")
    assert body["model_id"] == "ibm/granite-13b-instruct-v2"
    assert body["parameters"] == {
        "decoding_method": "sample",
        "top_k": 50,
        "temperature": 0.7,
        "max_new_tokens": 100,
        "stop_sequences": ["AI:", "Human:"],
        "include_stop_sequence": False,
    }


async def test_texts_are_embedded_with_the_nodes_inputs() -> None:
    http = http_with({"results": [{"embedding": [1, 2]}]})

    embeddings = await build("ibmEmbedding", http, {"truncateInputTokens": "9"})

    assert await embeddings.embed(["a"]) == [[1.0, 2.0]]
    body = asked(http, "text/embeddings")
    assert (body["model_id"], body["parameters"]) == ("ibm/slate-30m-english-rtrvr", {"truncate_input_tokens": 9})


async def test_what_is_missing_is_told() -> None:
    with pytest.raises(MissingInput, match="has no model"):
        await build("chatIBMWatsonx", ScriptedHttp(), {})
    for name in ("chatIBMWatsonx", "ibmWatsonx", "ibmEmbedding"):
        with pytest.raises(MissingInput, match="needs a credential with service URL"):
            await build(name, ScriptedHttp(), {"modelName": "m"}, {})
