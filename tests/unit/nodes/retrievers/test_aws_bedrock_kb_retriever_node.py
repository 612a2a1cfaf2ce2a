"""Node awsBedrockKBRetriever: what it asks the knowledge base for, and what it makes of the answer."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.http import HttpResponse
from flowisectl.interfaces.retriever import Retriever
from flowisectl.nodes.retrievers.aws_bedrock_kb_retriever import AWSBedrockKBRetriever
from flowisectl.testing import ScriptedHttp, run_context

KEYS = {"awsKey": "AKIAEXAMPLE", "awsSecret": "secret-key-0123"}


def scripted(answer: Any, status: int = 200) -> ScriptedHttp:
    return ScriptedHttp(HttpResponse(status=status, reason="", headers={}, body=orjson.dumps(answer)))


async def build(http: ScriptedHttp, **inputs: Any) -> Retriever:
    given = NodeInputs(inputs, node_id="r_0", label="Knowledge", credential=KEYS)
    retriever: Any = await AWSBedrockKBRetriever().build(given, run_context(http=http))
    found: Retriever = retriever
    return found


async def test_chunks_come_with_their_source_and_score() -> None:
    rows = [
        {
            "content": {"text": "one"},
            "location": {"type": "S3", "s3Location": {"uri": "s3://b/a.pdf"}},
            "score": 0.9,
            "metadata": {"page": 3},
        },
        {"content": {"text": "two"}, "location": {"type": "WEB", "webLocation": {"url": "https://w"}}, "score": 0.5},
        {"content": {"type": "IMAGE"}},
    ]
    http = scripted({"retrievalResults": rows})
    retriever = await build(
        http,
        region="eu-west-1",
        knoledgeBaseID="KB12345678",
        topK="3",
        searchType="HYBRID",
        filter='{"equals": {"key": "year", "value": 2026}}',
    )

    found = await retriever.retrieve("what?")

    assert [(item.page_content, dict(item.metadata)) for item in found] == [
        ("one", {"source": "s3://b/a.pdf", "score": 0.9, "page": 3}),
        ("two", {"source": "https://w", "score": 0.5}),
        ("", {"source": None, "score": None}),
    ]
    call = http.calls[0]
    assert call.url == "https://bedrock-agent-runtime.eu-west-1.amazonaws.com/knowledgebases/KB12345678/retrieve"
    search = {"numberOfResults": 3, "overrideSearchType": "HYBRID", "filter": {"equals": {"key": "year", "value": 2026}}}
    assert orjson.loads(call.body or b"") == {
        "retrievalQuery": {"text": "what?"},
        "retrievalConfiguration": {"vectorSearchConfiguration": search},
    }


async def test_the_usual_number_of_chunks_is_asked_for() -> None:
    http = scripted({"retrievalResults": []})

    assert await (await build(http, knoledgeBaseID="KB")).retrieve("q") == []
    sent = orjson.loads(http.calls[0].body or b"")
    assert sent["retrievalConfiguration"] == {"vectorSearchConfiguration": {"numberOfResults": 5}}


@pytest.mark.parametrize("answer", [{}, [], {"retrievalResults": [{}]}])
async def test_an_answer_without_results_is_an_error(answer: Any) -> None:
    with pytest.raises(ProviderError, match="without results"):
        await (await build(scripted(answer), knoledgeBaseID="KB")).retrieve("q")


async def test_a_refusal_is_told_without_the_key() -> None:
    with pytest.raises(ProviderError, match=r"403 not with \*\*\*"):
        await (await build(scripted({"message": "not with secret-key-0123"}, 403), knoledgeBaseID="KB")).retrieve("q")


async def test_what_is_missing_or_wrong_is_told() -> None:
    with pytest.raises(MissingInput, match="'knoledgeBaseID'"):
        await build(scripted({}))
    with pytest.raises(InvalidFlow, match="its filter is no JSON object"):
        await build(scripted({}), knoledgeBaseID="KB", filter="year = 2026")
