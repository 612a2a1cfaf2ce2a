"""The Couchbase node: what it asks of the services, and what the answers mean."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from service_answers import answer
from store_wire import DOCUMENTS, built, sent

from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpFailed
from flowisectl.nodes.vector_stores.couchbase import Couchbase
from flowisectl.testing import ScriptedHttp

DONE = answer({"results": [], "status": "success"})


async def store(http: ScriptedHttp, connection: str = "couchbase://one,two:11210?timeout=1", **inputs: Any) -> Any:
    credential = {"connectionString": connection, "username": "joe", "password": "cb-secret"}
    values = {"bucketName": "b", "scopeName": "s", "collectionName": "my `c`", "indexName": "i", **inputs}
    return await built(Couchbase(), http, credential=credential, **values)


def hits(*ids: str) -> Any:
    return answer({"hits": [{"id": id, "score": 1.0 - place / 10} for place, id in enumerate(ids)]})


def rows(**metadata: Any) -> Any:
    return answer({"results": [{"id": id, "content": f"text {id}", "metadata": value} for id, value in metadata.items()]})


async def test_documents_are_written_by_the_query_service() -> None:
    http = ScriptedHttp(DONE)

    await (await store(http, textKey="body")).add(DOCUMENTS)

    assert (http.calls[0].method, http.calls[0].url) == ("POST", "http://one:8093/query/service")
    assert http.calls[0].headers["authorization"] == "Basic " + base64.b64encode(b"joe:cb-secret").decode()
    assert sent(http)["statement"] == "UPSERT INTO `b`.`s`.`my ``c``` (KEY, VALUE) VALUES ($1, $2), ($3, $4)"
    assert sent(http)["args"][:2] == ["id-1", {"body": "aa", "embedding": [1.0, 0.0], "metadata": dict(DOCUMENTS[0].metadata)}]


async def test_documents_are_found_by_the_search_service_and_read_by_the_other_in_order() -> None:
    http = ScriptedHttp(hits("2", "1", "gone"), rows(**{"1": {"n": 1}, "2": None}))

    found = await (await store(http, "couchbases://[::1]")).search("a", 3)

    assert found == [(Document(page_content="text 2", id="2"), 1.0), (Document(page_content="text 1", metadata={"n": 1}, id="1"), 0.9)]
    assert [call.url for call in http.calls] == [
        "https://[::1]:18094/api/bucket/b/scope/s/index/i/query",
        "https://[::1]:18093/query/service",
    ]
    assert sent(http, 0) == {
        "query": {"match_none": {}},
        "knn": [{"field": "embedding", "vector": [1.0, 0.0], "k": 3}],
        "size": 3,
        "fields": [],
    }
    assert sent(http)["args"] == [["2", "1", "gone"]]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('{"field": "metadata.kind", "match": "k"}', {"field": "metadata.kind", "match": "k"}),
        ('{"kind": "k"}', {"field": "metadata.kind", "match": "k", "operator": "and"}),
    ],
)
async def test_the_nodes_filter_and_the_callers_both_hold(written: str, expected: dict[str, Any]) -> None:
    http = ScriptedHttp(
        hits("1", "2"), rows(**{"1": {"kind": "k", "loc": {"n": 1}, "ok": True}, "2": {"kind": "k", "loc": {"n": 2}, "ok": True}})
    )

    found = await (await store(http, couchbaseMetadataFilter=written)).search("a", 3, {"loc.n": 1, "ok": True})

    assert [document.id for document, _ in found] == ["1"]
    assert sent(http, 0)["knn"][0]["filter"] == {
        "conjuncts": [
            expected,
            {"field": "metadata.loc.n", "min": 1, "max": 1, "inclusive_min": True, "inclusive_max": True},
            {"field": "metadata.ok", "bool": True},
        ]
    }


async def test_a_filter_of_langchains_client_adds_to_the_request() -> None:
    http = ScriptedHttp(hits("1"), rows(**{"1": {"kind": "k"}}))
    options = {"query": {"field": "metadata.kind", "match": "k"}}

    found = await (await store(http, couchbaseMetadataFilter={"fields": ["text"], "searchOptions": options})).search("a", 3)

    assert [document.id for document, _ in found] == ["1"]
    assert sent(http, 0)["query"] == options["query"] and "filter" not in sent(http, 0)["knn"][0]


async def test_nothing_found_is_not_looked_up() -> None:
    http = ScriptedHttp(hits())

    assert await (await store(http)).search("a", 3) == [] and len(http.calls) == 1


async def test_documents_are_forgotten_by_their_ids() -> None:
    http = ScriptedHttp(DONE)

    await (await store(http)).delete(["1", "2"])

    assert sent(http) == {"statement": "DELETE FROM `b`.`s`.`my ``c``` AS d USE KEYS $1", "args": [["1", "2"]]}


async def test_the_next_host_is_asked_when_one_is_away() -> None:
    http = ScriptedHttp(HttpFailed("no connection"), DONE)

    await (await store(http)).delete(["1"])
    with pytest.raises(ProviderError, match=r"no connection.*name a node"):
        await (await store(ScriptedHttp(*[HttpFailed("no connection")] * 2))).delete(["1"])

    assert [call.url for call in http.calls] == ["http://one:8093/query/service", "http://two:8093/query/service"]


@pytest.mark.parametrize(
    "refusal",
    [
        answer({"errors": [{"code": 13014, "msg": "cb-secret lacks a role"}], "status": "fatal"}, 401),
        answer({"errors": [{"code": 4040, "msg": "cb-secret lacks a role"}], "status": "errors"}),
        answer({"error": "cb-secret lacks a role", "status": "fail"}, 403),
    ],
)
async def test_a_refusal_is_told_without_the_password_and_no_other_host_is_asked(refusal: Any) -> None:
    http = ScriptedHttp(refusal)

    with pytest.raises(ProviderError, match="lacks a role") as caught:
        await (await store(http)).delete(["1"])

    assert "cb-secret" not in str(caught.value) and len(http.calls) == 1


@pytest.mark.parametrize(
    ("connection", "told"), [("one", "begins with couchbase"), ("couchbase://", "without a host"), ("", "connectionString")]
)
async def test_a_connection_string_that_is_none_is_told(connection: str, told: str) -> None:
    with pytest.raises(MissingInput, match=told):
        await store(ScriptedHttp(), connection)
