"""Node AWSBedrockEmbeddings: what it asks Bedrock for."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.http import HttpCall, HttpResponse
from flowisectl.nodes.embeddings.aws_bedrock_embeddings import AWSBedrockEmbeddings
from flowisectl.testing import ScriptedHttp, run_context

KEYS = {"awsKey": "AKIAEXAMPLE", "awsSecret": "secret-key-0123"}


async def ask(answer: Any, status: int = 200, **inputs: Any) -> HttpCall:
    http = ScriptedHttp(HttpResponse(status=status, reason="", headers={}, body=orjson.dumps(answer)))
    given = NodeInputs(inputs, node_id="e_0", label="Bedrock", credential=KEYS)
    embeddings = await AWSBedrockEmbeddings().build(given, run_context(http=http))

    assert await embeddings.embed(["a\nb"]) == [[1.0, 2.0]]
    return http.calls[0]


async def test_titan_is_the_default() -> None:
    call = await ask({"embedding": [1, 2]})

    assert call.url == "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v1/invoke"
    assert orjson.loads(call.body or b"") == {"inputText": "a\nb"}
    assert "/us-east-1/bedrock/aws4_request" in call.headers["authorization"]


async def test_a_model_of_cohere_is_told_what_the_vectors_are_for() -> None:
    call = await ask({"embeddings": [[1, 2]]}, customModel="cohere.embed-english-v3", inputType="search_query", endpointHost="h.example")

    assert call.url == "https://h.example/model/cohere.embed-english-v3/invoke"
    assert orjson.loads(call.body or b"") == {"texts": ["a\nb"], "input_type": "search_query"}


async def test_a_model_of_cohere_needs_its_input_type() -> None:
    with pytest.raises(MissingInput, match="needs its input 'inputType'"):
        await ask({}, model="cohere.embed-english-v3")


async def test_a_refusal_is_told_without_the_key() -> None:
    with pytest.raises(ProviderError, match=r"403 no access with \*\*\*"):
        await ask({"message": "no access with secret-key-0123"}, status=403)
