"""OpenAI's wire for embeddings against scripted servers."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from scripted_server import ScriptedServer

from flowisectl.clients.openai_compatible import OpenAICompatibleEmbeddings
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient


def model(http: HttpClient, server: ScriptedServer, **fields: Any) -> OpenAICompatibleEmbeddings:
    return OpenAICompatibleEmbeddings(http, provider="openai", base_url=server.url + "/v1", api_key="sk-0123456", model="e-1", **fields)


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


async def test_texts_are_embedded_in_order_and_asked_for_in_base64(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"data": [{"index": 1, "embedding": packed(3, 4)}, {"index": 0, "embedding": packed(1, -0.5)}]})

    vectors = await model(http, server).embed(["a\nb", "c"])

    assert vectors == [[1.0, -0.5], [3.0, 4.0]]
    assert server.seen[0].path == "/v1/embeddings"
    assert server.seen[0].json == {"model": "e-1", "encoding_format": "base64", "input": ["a\nb", "c"]}


async def test_servers_that_answer_with_numbers_are_understood(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"data": [{"embedding": [1, 2.5]}]})

    assert await model(http, server).embed(["a"]) == [[1.0, 2.5]]


async def test_a_question_is_sent_as_a_text_of_its_own(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"data": [{"index": 0, "embedding": packed(1)}]})

    vector = await model(http, server, strip_new_lines=True).embed_query("why\nso?")

    assert vector == [1.0] and server.seen[0].json["input"] == "why so?"


async def test_many_texts_go_in_batches(http: HttpClient, server: ScriptedServer) -> None:
    for numbers in ((1, 2), (3, 4), (5,)):
        server.json({"data": [{"index": i, "embedding": packed(number)} for i, number in enumerate(numbers)]})

    vectors = await model(http, server, batch_size=2, params={"dimensions": 1, "encoding_format": None}).embed(["a", "b", "c", "d", "e"])

    assert vectors == [[1.0], [2.0], [3.0], [4.0], [5.0]]
    assert [seen.json for seen in server.seen] == [
        {"model": "e-1", "dimensions": 1, "input": texts} for texts in (["a", "b"], ["c", "d"], ["e"])
    ]


async def test_no_texts_need_no_call(http: HttpClient, server: ScriptedServer) -> None:
    assert await model(http, server).embed([]) == [] and server.seen == []


@pytest.mark.parametrize("answer", [{}, {"data": [{}]}, {"data": [{"embedding": "AAA="}]}, {"data": [{"embedding": "***"}]}, [1]])
async def test_an_answer_without_embeddings_is_told(http: HttpClient, server: ScriptedServer, answer: Any) -> None:
    server.json(answer)

    with pytest.raises(ProviderError, match="without embeddings"):
        await model(http, server).embed(["a"])


async def test_a_missing_vector_is_told(http: HttpClient, server: ScriptedServer) -> None:
    server.json({"data": [{"embedding": [1]}]})

    with pytest.raises(ProviderError, match="1 embeddings for 2 texts"):
        await model(http, server).embed(["a", "b"])
