"""The Elasticsearch and OpenSearch nodes: what they ask of the service, and what the answers mean."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from service_answers import answer
from store_wire import DOCUMENTS, asked, built, sent

from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores.elasticsearch import Elasticsearch
from flowisectl.nodes.vector_stores.open_search import OpenSearch
from flowisectl.testing import ScriptedHttp

MISSING, DONE = answer(None, 404), answer({"errors": False, "items": []})


async def elastic(http: ScriptedHttp, credential: Any = None, **inputs: Any) -> Any:
    credential = credential or {"endpoint": "https://es.test", "apiKey": "es-secret"}
    return await built(Elasticsearch(), http, credential=credential, indexName="notes", **inputs)


async def opensearch(http: ScriptedHttp, credential: Any = None, **inputs: Any) -> Any:
    credential = credential or {"openSearchUrl": "https://joe:os-secret@os.test:9200"}
    return await built(OpenSearch(), http, credential=credential, indexName="notes", **inputs)


def lines(http: ScriptedHttp) -> list[Any]:
    return [orjson.loads(line) for line in (http.calls[-1].body or b"").splitlines()]


def hits(*items: dict[str, Any]) -> Any:
    return answer({"hits": {"hits": list(items)}})


async def test_elasticsearch_gets_an_index_for_the_models_vectors_and_then_documents_in_bulk() -> None:
    http = ScriptedHttp(MISSING, answer({}), DONE, DONE)
    store = await elastic(http, similarity="cosine")

    await store.add(DOCUMENTS)
    await store.add(DOCUMENTS[:1])

    assert asked(http) == [("HEAD", "/notes"), ("PUT", "/notes"), ("POST", "/_bulk?refresh=true"), ("POST", "/_bulk?refresh=true")]
    assert sent(http, 1)["mappings"]["properties"]["embedding"] == {
        "type": "dense_vector",
        "dims": 2,
        "index": True,
        "similarity": "cosine",
    }
    assert http.calls[0].headers["authorization"] == "ApiKey es-secret"
    assert lines(http) == [
        {"index": {"_index": "notes", "_id": "id-1"}},
        {"text": "aa", "metadata": {"source": "x", "tags": ["t", 1], "none": None}, "embedding": [1.0, 0.0]},
    ]


async def test_an_elasticsearch_search_filters_by_metadata() -> None:
    http = ScriptedHttp(hits({"_id": "1", "_score": 0.9, "_source": {"text": "aa", "metadata": {"source": "x"}}}))

    found = await (await elastic(http)).search("a", 3, {"source": "x", "n": 1})

    assert found == [(Document(page_content="aa", metadata={"source": "x"}), 0.9)]
    assert asked(http) == [("POST", "/notes/_search")]
    assert sent(http) == {
        "size": 3,
        "knn": {
            "field": "embedding",
            "query_vector": [1.0, 0.0],
            "k": 3,
            "num_candidates": 200,
            "filter": [
                {
                    "bool": {
                        "should": [{"term": {"metadata.source": "x"}}, {"term": {"metadata.source.keyword": "x"}}],
                        "minimum_should_match": 1,
                    }
                },
                {"term": {"metadata.n": 1}},
            ],
        },
        "_source": {"excludes": ["embedding"]},
    }


async def test_an_index_that_another_writer_has_just_made_is_no_error_but_another_refusal_is() -> None:
    made = answer({"error": {"type": "resource_already_exists_exception"}}, 400)

    await (await elastic(ScriptedHttp(MISSING, made, DONE))).add(DOCUMENTS)

    with pytest.raises(ProviderError, match="Invalid index name"):
        await (await elastic(ScriptedHttp(MISSING, answer({"error": {"reason": "Invalid index name"}}, 400)))).add(DOCUMENTS)


async def test_a_document_that_was_not_kept_is_told() -> None:
    refused = answer({"errors": True, "items": [{"index": {"_id": "a"}}, {"index": {"_id": "b", "error": {"reason": "wrong dims"}}}]})

    with pytest.raises(ProviderError, match="did not keep b: wrong dims"):
        await (await elastic(ScriptedHttp(answer(None), refused))).add(DOCUMENTS)


async def test_documents_are_forgotten_by_their_ids() -> None:
    http = ScriptedHttp(answer({"errors": False, "items": [{"delete": {"_id": "a", "status": 404}}]}))

    await (await elastic(http)).delete(["a"])

    assert lines(http) == [{"delete": {"_index": "notes", "_id": "a"}}]


@pytest.mark.parametrize(
    ("where", "url"),
    [
        ("https://own.test:9200", "https://own.test:9200/notes/_search"),
        ("my:" + base64.b64encode(b"eu.cloud.test$abc$kib").decode(), "https://abc.eu.cloud.test:443/notes/_search"),
        ("my:" + base64.b64encode(b"eu.cloud.test:9243$abc$").decode().rstrip("="), "https://abc.eu.cloud.test:9243/notes/_search"),
    ],
)
async def test_a_user_may_name_a_cloud_or_a_server(where: str, url: str) -> None:
    http = ScriptedHttp(hits())

    await (await elastic(http, {"cloudId": where, "username": "joe", "password": "pw-secret"})).search("a", 1)

    assert http.calls[0].url == url
    assert http.calls[0].headers["authorization"] == "Basic " + base64.b64encode(b"joe:pw-secret").decode()


@pytest.mark.parametrize("credential", [{"apiKey": "k"}, {"cloudId": "?!?", "username": "joe"}])
async def test_a_credential_without_an_address_is_told(credential: dict[str, str]) -> None:
    with pytest.raises(MissingInput, match="address"):
        await elastic(ScriptedHttp(), credential)


async def test_opensearch_gets_an_index_for_the_engine() -> None:
    http = ScriptedHttp(MISSING, answer({}), DONE)

    await (await opensearch(http, engine="faiss", spaceType="innerproduct")).add(DOCUMENTS)

    made = sent(http, 1)
    assert made["settings"] == {"index": {"knn": True}}
    assert made["mappings"]["properties"]["embedding"]["dimension"] == 2
    assert made["mappings"]["properties"]["embedding"]["method"]["engine"] == "faiss"
    assert made["mappings"]["properties"]["embedding"]["method"]["space_type"] == "innerproduct"
    assert http.calls[0].url == "https://os.test:9200/notes"
    assert http.calls[0].headers["authorization"] == "Basic " + base64.b64encode(b"joe:os-secret").decode()


async def test_newer_engines_filter_while_they_look_and_the_old_one_afterwards() -> None:
    old, new, plain = ScriptedHttp(hits()), ScriptedHttp(hits()), ScriptedHttp(hits())

    await (await opensearch(new)).search("a", 2, {"source": "x"})
    await (await opensearch(old, engine="nmslib")).search("a", 2, {"source": "x"})
    await (await opensearch(plain)).search("a", 2)

    term, knn = [{"term": {"metadata.source": "x"}}], {"vector": [1.0, 0.0], "k": 2}
    assert sent(new)["query"] == {"knn": {"embedding": {**knn, "filter": {"bool": {"filter": term}}}}}
    assert sent(old)["query"] == {"bool": {"must": [{"knn": {"embedding": knn}}], "filter": term}}
    assert sent(plain)["query"] == {"knn": {"embedding": knn}}


async def test_an_opensearch_address_without_a_host_is_told() -> None:
    with pytest.raises(MissingInput, match="not a URL"):
        await opensearch(ScriptedHttp(), {"openSearchUrl": "os.test"})
