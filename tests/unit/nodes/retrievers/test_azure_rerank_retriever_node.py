"""Node AzureRerankRetriever: what it asks the service for, and how it orders."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpResponse
from flowisectl.nodes.retrievers.azure_rerank_retriever import AzureRerankRetriever
from flowisectl.testing import ScriptedHttp, run_context

URL = "https://f.services.ai.azure.com/providers/cohere/v2/rerank"
CREDENTIAL = {"azureFoundryApiKey": "key-0123", "azureFoundryEndpoint": URL}


class Base:
    count = 2

    async def retrieve(self, question: str) -> list[Document]:
        return [Document(page_content=text, metadata={"place": place}) for place, text in enumerate("abc")]


def scripted(body: Any, status: int = 200) -> ScriptedHttp:
    return ScriptedHttp(HttpResponse(status=status, reason="", headers={}, body=orjson.dumps(body)))


async def build(http: ScriptedHttp, output: str = "retriever", credential: Any = None, **inputs: Any) -> Any:
    given = NodeInputs(
        {"baseRetriever": Base(), **inputs},
        node_id="r_0",
        label="Azure",
        output=output,
        credential=CREDENTIAL if credential is None else credential,
    )
    return await AzureRerankRetriever().build(given, run_context(http=http, question="asked"))


async def test_documents_come_in_the_order_of_their_relevance() -> None:
    http = scripted({"results": [{"index": 0, "relevance_score": 0.1}, {"index": 2, "relevance_score": 0.9}]})

    found = await (await build(http)).retrieve("q")

    assert [(item.page_content, dict(item.metadata)) for item in found] == [
        ("c", {"place": 2, "relevance_score": 0.9}),
        ("a", {"place": 0, "relevance_score": 0.1}),
    ]
    call = http.calls[0]
    assert (call.method, call.url, call.headers["api-key"]) == ("POST", URL, "key-0123")
    assert orjson.loads(call.body or b"") == {
        "model": "Cohere-rerank-v4.0-fast",
        "query": "q",
        "documents": ["a", "b", "c"],
        "top_n": 2,
    }


async def test_the_first_version_of_the_api_is_told_the_chunks() -> None:
    http = scripted({"results": []})
    credential = {**CREDENTIAL, "azureFoundryEndpoint": "https://x.models.ai.azure.com/v1/rerank"}

    assert await build(http, "text", credential, model="rerank-v3.5", topK="1", maxChunksPerDoc="3") == ""
    sent = orjson.loads(http.calls[0].body or b"")
    assert (sent["query"], sent["model"], sent["top_n"], sent["max_chunks_per_doc"]) == ("asked", "rerank-v3.5", 1, 3)


async def test_a_wrong_key_is_told_without_it() -> None:
    with pytest.raises(ProviderError, match=r"azure refused the request: 401 the key \*\*\* is wrong"):
        await (await build(scripted({"error": {"message": "the key key-0123 is wrong"}}, 401))).retrieve("q")


async def test_a_credential_without_an_endpoint_is_told() -> None:
    with pytest.raises(MissingInput, match="azureFoundryEndpoint"):
        await build(ScriptedHttp(), credential={"azureFoundryApiKey": "key-0123"})
