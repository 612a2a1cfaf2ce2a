"""What every vector store behind a REST API promises, whichever service it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from service_answers import TinyEmbeddings, answer

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpDenied, HttpFailed, HttpResponse, Reach
from flowisectl.interfaces.vector_store import ErasableStore, VectorStore
from flowisectl.nodes.vector_stores.astra import Astra
from flowisectl.nodes.vector_stores.couchbase import Couchbase
from flowisectl.nodes.vector_stores.elasticsearch import Elasticsearch
from flowisectl.nodes.vector_stores.kendra import Kendra
from flowisectl.nodes.vector_stores.meilisearch import Meilisearch
from flowisectl.nodes.vector_stores.milvus import Milvus
from flowisectl.nodes.vector_stores.open_search import OpenSearch
from flowisectl.nodes.vector_stores.upstash import Upstash
from flowisectl.nodes.vector_stores.vectara import Vectara
from flowisectl.nodes.vector_stores.weaviate import Weaviate
from flowisectl.nodes.vector_stores.zep import Zep
from flowisectl.nodes.vector_stores.zep_cloud import ZepCloud
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.testing import ScriptedHttp, run_context

SECRET = "sk-store-secret-1"


@dataclass(frozen=True, kw_only=True)
class Case:
    node: Node
    credential: dict[str, str]
    inputs: dict[str, Any] = field(default_factory=dict)
    needs_credential: bool = True
    records_name: str = ""

    async def build(self, http: ScriptedHttp, output: str = "vectorStore", *, credential: Any = None, **more: Any) -> Any:
        values = {"embeddings": TinyEmbeddings(), **self.inputs, **more}
        given = self.credential if credential is None else credential
        inputs = NodeInputs(values, node_id="s_0", label="Store", output=output, credential=given)
        return await self.node.build(inputs, run_context(http=http))


CASES = [
    Case(
        node=Weaviate(),
        credential={"weaviateApiKey": SECRET},
        inputs={"weaviateHost": "w.test", "weaviateIndex": "notes"},
        needs_credential=False,
        records_name="notes",
    ),
    Case(
        node=Elasticsearch(),
        credential={"endpoint": "https://e.test", "apiKey": SECRET},
        inputs={"indexName": "notes"},
        records_name="notes",
    ),
    Case(
        node=OpenSearch(),
        credential={"openSearchUrl": "https://o.test", "user": "joe", "password": SECRET},
        inputs={"indexName": "notes"},
    ),
    Case(
        node=Milvus(),
        credential={"milvusUser": "joe", "milvusPassword": SECRET},
        inputs={"milvusServerUrl": "http://m.test", "milvusCollection": "notes"},
        needs_credential=False,
    ),
    Case(node=Upstash(), credential={"UPSTASH_VECTOR_REST_URL": "https://u.test", "UPSTASH_VECTOR_REST_TOKEN": SECRET}),
    Case(
        node=Meilisearch(),
        credential={"meilisearchSearchApiKey": SECRET},
        inputs={"host": "http://m.test", "indexUid": "notes"},
    ),
    Case(
        node=Astra(),
        credential={"dbEndPoint": "https://a.test", "applicationToken": SECRET},
        inputs={"astraCollection": "notes"},
    ),
    Case(node=Zep(), credential={"apiKey": SECRET}, inputs={"zepCollection": "notes"}, needs_credential=False),
    Case(node=ZepCloud(), credential={"apiKey": SECRET}, inputs={"zepCollection": "notes"}),
    Case(node=Vectara(), credential={"customerID": "1", "corpusID": "2", "apiKey": SECRET}),
    Case(
        node=Couchbase(),
        credential={"connectionString": "couchbase://c.test", "username": "joe", "password": SECRET},
        inputs={"bucketName": "b", "scopeName": "s", "collectionName": "c", "indexName": "notes"},
    ),
    Case(node=Kendra(), credential={"awsKey": "AKIDSTORE", "awsSecret": SECRET}, inputs={"indexId": "notes"}),
]
EVERY = pytest.mark.parametrize("case", CASES, ids=lambda case: case.node.definition.name)
DOCUMENT = Document(page_content="aa", metadata={"source": "x"}, id="9b2e9d52-0b3c-4f0a-8d1c-000000000001")


@EVERY
@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_key_is_told_without_it_whatever_is_done(case: Case, status: int) -> None:
    for doing in ("search", "add", "delete"):
        http = ScriptedHttp(answer({"message": f"{SECRET} is no key"}, status))
        store = await case.build(http)

        with pytest.raises(ProviderError, match=str(status)) as caught:
            if doing == "search":
                await store.search("a", 1)
            elif doing == "add":
                await store.add([DOCUMENT])
            else:
                await store.delete([DOCUMENT.id])

        assert SECRET not in str(caught.value) and caught.value.status == status
        assert len(http.calls) == 1 and http.calls[0].reach is Reach.ENDPOINT
        assert 0 < http.calls[0].timeout_seconds <= 300


@pytest.mark.parametrize("case", CASES[:-1], ids=lambda case: case.node.definition.name)  # the last one waits and tries again
@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (HttpFailed("no connection"), "no connection"),
        (HttpDenied("Access to this host is denied by policy."), "denied by policy"),
        (HttpResponse(status=200, reason="OK", headers={}, body=b"<html>"), "not JSON"),
        (answer({"error": "broken inside"}, 400), "broken inside"),
    ],
)
async def test_a_service_that_is_away_refused_or_broken_is_told(case: Case, trouble: Any, told: str) -> None:
    store = await case.build(ScriptedHttp(trouble))

    with pytest.raises(ProviderError, match=told):
        await store.search("a", 1)


@EVERY
@pytest.mark.parametrize("body", [[], {}, {"result": 1, "data": "x", "hits": [3]}, [[1]], "text"])
async def test_an_answer_of_another_shape_is_no_crash(case: Case, body: Any) -> None:
    store = await case.build(ScriptedHttp(answer(body), answer(body)))

    try:
        assert await store.search("a", 1) == []
    except ProviderError as error:
        assert str(error)


@EVERY
async def test_both_outputs_are_given(case: Case) -> None:
    store, retriever = await case.build(ScriptedHttp()), await case.build(ScriptedHttp(), "retriever", topK="7", K="7")

    assert isinstance(store, VectorStore) and isinstance(store, ErasableStore)
    assert isinstance(retriever, StoreRetriever) and retriever.count == 7
    assert getattr(store, "records_name", "") == case.records_name
    assert await store.search("a", 0) == []


@EVERY
async def test_what_a_node_needs_is_told(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)

    for name in case.inputs:
        with pytest.raises(MissingInput, match=name):
            await case.build(ScriptedHttp(), **{name: ""})
    if case.needs_credential:
        with pytest.raises(MissingInput):
            await case.build(ScriptedHttp(), credential={})
    else:
        assert await case.build(ScriptedHttp(), credential={}) is not None


REQUESTS = {
    "weaviate": 6, "elasticsearch": 4, "openSearch": 4, "upstash": 2, "meilisearch": 5, "Astra": 47, "zep": 6, "zepCloud": 6,
    "vectara": 450, "couchbase": 10, "kendra": 46,
}  # fmt: skip
"""How many requests 450 documents take, one to look at the collection included. They are embedded in lots of 256."""


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.node.definition.name in REQUESTS], ids=lambda case: case.node.definition.name
)
async def test_many_documents_go_in_several_requests(case: Case) -> None:
    http = ScriptedHttp(*[answer({"errors": False})] * 500)
    many = [Document(page_content="aa", id=f"9b2e9d52-0b3c-4f0a-8d1c-{number:012}") for number in range(450)]

    await (await case.build(http)).add(many)

    assert len(http.calls) == REQUESTS[case.node.definition.name]
