"""How models of Bedrock are named, and its embedding models against scripted servers."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_server import ScriptedServer

from flowisectl.clients.aws_signing import AwsKeys
from flowisectl.clients.bedrock_embeddings import BedrockEmbeddings
from flowisectl.clients.bedrock_models import model_id
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient

KEYS = AwsKeys(access_key="AKIAEXAMPLE", secret_key="secret-key-0123", session_token="token-4567")


@pytest.mark.parametrize(
    ("name", "region", "expected"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", "us-east-1", "anthropic.claude-3-haiku-20240307-v1:0"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1", "us.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "eu-west-3", "eu.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "ap-northeast-1", "jp.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "ap-south-1", "global.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("anthropic.claude-sonnet-4-20250514-v1:0", "ap-south-1", "apac.anthropic.claude-sonnet-4-20250514-v1:0"),
        ("amazon.nova-lite-v1:0", "us-gov-west-1", "us-gov.amazon.nova-lite-v1:0"),
        ("eu.amazon.nova-lite-v1:0", "us-east-1", "eu.amazon.nova-lite-v1:0"),
        ("arn:aws:bedrock:us-east-1:1:imported-model/x", "us-east-1", "arn:aws:bedrock:us-east-1:1:imported-model/x"),
    ],
)
def test_a_model_that_needs_a_profile_is_asked_by_that_of_its_region(name: str, region: str, expected: str) -> None:
    assert model_id(name, region) == expected


def test_the_profile_of_the_whole_world_takes_the_place_of_another() -> None:
    assert model_id("us.amazon.nova-2-lite-v1:0", "us-east-1", is_global=True) == "global.amazon.nova-2-lite-v1:0"


async def test_titan_is_asked_for_one_text_at_a_time(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"embedding": [1, 2], "inputTextTokenCount": 1})
    embeddings = BedrockEmbeddings(http, KEYS, region="us-east-1", base_url=server.url, model="amazon.titan-embed-text-v2:0", batch_size=2)

    assert await embeddings.embed(["a", "b", "c"]) == [[1.0, 2.0]] * 3
    assert await embeddings.embed_query("d") == [1.0, 2.0]
    assert sorted(seen.json["inputText"] for seen in server.seen) == ["a", "b", "c", "d"]
    assert server.seen[0].path == "/model/amazon.titan-embed-text-v2%3A0/invoke"


@pytest.mark.parametrize("found", [[[1, 2], [3, 4]], {"float": [[1, 2], [3, 4]]}])
async def test_cohere_is_asked_for_many_texts_at_once(http: HttpClient, server: ScriptedServer, found: Any) -> None:
    server.json({"embeddings": found})
    embeddings = BedrockEmbeddings(http, KEYS, region="us-east-1", base_url=server.url, model="cohere.embed-v4:0", input_type="clustering")

    assert await embeddings.embed(["a", "b"]) == [[1.0, 2.0], [3.0, 4.0]]
    assert server.seen[0].json == {"texts": ["a", "b"], "input_type": "clustering"}


@pytest.mark.parametrize("answer", [{}, {"embedding": "x"}, []])
async def test_an_answer_without_vectors_is_an_error(http: HttpClient, server: ScriptedServer, answer: Any) -> None:
    server.json(answer)
    embeddings = BedrockEmbeddings(http, KEYS, region="us-east-1", base_url=server.url, model="amazon.titan-embed-text-v1")

    with pytest.raises(ProviderError, match="without embeddings"):
        await embeddings.embed(["a"])
