"""The Weaviate node: what it asks of the service, and what the answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from service_answers import answer
from store_wire import DOCUMENTS, asked, built, sent

from flowisectl.clients.qdrant import point_id
from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores.weaviate import Weaviate
from flowisectl.testing import ScriptedHttp

SCHEMA = answer(
    {"properties": [{"name": "text", "dataType": ["text"]}, {"name": "page", "dataType": ["int"]}, {"name": "to", "dataType": ["Note"]}]}
)


async def store(http: ScriptedHttp, **inputs: Any) -> Any:
    values = {"weaviateConnectionType": "cloud", "weaviateHost": "c.weaviate.test", "weaviateIndex": "notes", **inputs}
    return await built(Weaviate(), http, credential={"weaviateApiKey": "wv-secret"}, **values)


def found(*items: dict[str, Any]) -> Any:
    return answer({"data": {"Get": {"Notes": list(items)}}})


async def test_a_missing_collection_is_made_and_metadata_becomes_flat() -> None:
    http = ScriptedHttp(answer(None, 404), answer({}), answer([{"result": {"status": "SUCCESS"}}]))

    await (await store(http)).add(DOCUMENTS)

    assert asked(http) == [("GET", "/v1/schema/Notes"), ("POST", "/v1/schema"), ("POST", "/v1/batch/objects")]
    assert http.calls[0].url.startswith("https://c.weaviate.test/") and http.calls[0].headers["authorization"] == "Bearer wv-secret"
    assert sent(http, 1) == {"class": "Notes", "vectorizer": "none"}
    assert sent(http)["objects"][0] == {
        "class": "Notes",
        "id": point_id("id-1"),
        "properties": {"source": "x", "loc_page": 1, "tags": ["t", "1"], "text": "aa"},
        "vector": [1.0, 0.0],
    }


async def test_lists_of_one_kind_keep_their_kind() -> None:
    http = ScriptedHttp(SCHEMA, answer([]))
    metadata = {"tags": ["t"], "numbers": [1, 2.5], "flags": [True], "none": [], "mixed": ["t", 1], "objects": [{"a": 1}]}

    await (await store(http)).add([Document(page_content="aa", metadata=metadata, id="id-1")])

    kept = sent(http)["objects"][0]["properties"]
    assert kept == {**metadata, "mixed": ["t", "1"], "objects": ["{'a': 1}"], "text": "aa"}


async def test_a_collection_whose_vectors_have_a_name_is_written_and_searched_by_it() -> None:
    named = answer({"vectorConfig": {"default": {"vectorizer": {"none": {}}}}, "properties": [{"name": "text", "dataType": ["text"]}]})
    row = {"text": "aa", "_additional": {"id": "o-1", "distance": 0.25, "vectors": {"default": [1.0, 0.0]}}}
    http = ScriptedHttp(named, answer([]), named, found(row))
    notes = await store(http, searchType="mmr")

    await notes.add(DOCUMENTS[:1])
    got = await notes.search("a", 1)

    kept = sent(http, 1)["objects"][0]
    assert kept["vectors"] == {"default": [1.0, 0.0]} and "vector" not in kept
    assert 'nearVector: {vector: [1.0,0.0], targetVectors: ["default"]}' in sent(http)["query"]
    assert "distance vectors { default }" in sent(http)["query"]
    assert [document.id for document, _ in got] == ["o-1"]


async def test_an_object_that_was_not_kept_is_told() -> None:
    refused = {"id": "o", "result": {"errors": {"error": [{"message": "vector lengths don't match"}]}}}

    with pytest.raises(ProviderError, match="vector lengths"):
        await (await store(ScriptedHttp(SCHEMA, answer([refused])))).add(DOCUMENTS[:1])


async def test_a_search_asks_for_every_plain_property_and_gives_distances() -> None:
    http = ScriptedHttp(SCHEMA, found({"text": "aa", "page": 3, "_additional": {"id": "o-1", "distance": 0.25}}))

    assert await (await store(http)).search("a", 2) == [(Document(page_content="aa", metadata={"page": 3}, id="o-1"), 0.25)]
    assert sent(http)["query"] == "{ Get { Notes(nearVector: {vector: [1.0,0.0]}, limit: 2) { text page _additional { id distance } } } }"


async def test_the_nodes_filter_and_the_callers_both_hold() -> None:
    http = ScriptedHttp(SCHEMA, found())
    written = '{"where": {"operator": "Like", "path": ["text"], "valueText": "a \\"b\\""}}'

    await (await store(http, weaviateFilter=written)).search("a", 2, {"page": 1, "source": "x"})

    assert (
        'where: {operator: And, operands: [{operator: Like, path: ["text"], valueText: "a \\"b\\""}, '
        '{path: ["page"], operator: Equal, valueInt: 1}, {path: ["source"], operator: Equal, valueText: "x"}]}'
    ) in sent(http)["query"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('{"operator": "Equal", "target": {"property": "page"}, "value": 2}', '{path: ["page"], operator: Equal, valueInt: 2}'),
        ('{"ok": true}', '{path: ["ok"], operator: Equal, valueBoolean: true}'),
        ('{"operator": "Equal) { x }", "path": ["a"]}', '{operator: Equal, path: ["a"]}'),
    ],
)
async def test_filters_of_newer_clients_and_plain_values_are_understood(written: str, expected: str) -> None:
    http = ScriptedHttp(SCHEMA, found())

    await (await store(http, weaviateFilter=written)).search("a", 2)

    assert f"where: {expected})" in sent(http)["query"]


async def test_with_alpha_words_count_too() -> None:
    http = ScriptedHttp(SCHEMA, found({"text": "aa", "_additional": {"id": "o", "score": "0.75"}}))

    result = await (await store(http, alpha="0.3", weaviateMetadataKeys='["source"]')).search('say "a"', 1)

    assert result[0][1] == 0.75
    assert 'hybrid: {query: "say \\"a\\"", alpha: 0.3, vector: [' in sent(http)["query"]
    assert "{ text page _additional { id score } }" in sent(http)["query"]


async def test_different_documents_may_be_preferred() -> None:
    rows = [("1", [1.0, 0.0]), ("2", [0.99, 0.01]), ("3", [0.5, 0.5])]
    http = ScriptedHttp(SCHEMA, found(*[{"text": id, "_additional": {"id": id, "vector": vector}} for id, vector in rows]))

    result = await (await store(http, searchType="mmr", fetchK="10", **{"lambda": "0.3"})).search("a", 2)

    assert [document.id for document, _ in result] == ["1", "3"]
    assert "limit: 10" in sent(http)["query"]


async def test_objects_are_forgotten_by_their_ids() -> None:
    http = ScriptedHttp(answer(None, 204), answer(None, 404))

    await (await store(http)).delete(["id-1", "gone"])

    assert asked(http) == [("DELETE", f"/v1/objects/Notes/{point_id(id)}") for id in ("id-1", "gone")]


async def test_an_error_in_the_answer_is_told() -> None:
    with pytest.raises(ProviderError, match="no such prop"):
        await (await store(ScriptedHttp(SCHEMA, answer({"errors": [{"message": "no such prop"}]})))).search("a", 1)


@pytest.mark.parametrize(
    ("inputs", "url"),
    [
        ({"weaviateConnectionType": "local", "weaviateHost": "localhost"}, "http://localhost:8080/v1"),
        ({"weaviateConnectionType": "local", "weaviateHost": "localhost:9090"}, "http://localhost:9090/v1"),
        ({"weaviateConnectionType": "custom", "weaviateHost": "w.test", "weaviateHttpSecure": False}, "http://w.test/v1"),
        ({"weaviateHost": "http://w.test:1/"}, "http://w.test:1/v1"),
    ],
)
async def test_the_address_follows_the_kind_of_connection(inputs: dict[str, Any], url: str) -> None:
    http = ScriptedHttp(SCHEMA, found())

    await (await store(http, **inputs)).search("a", 1)

    assert http.calls[0].url == f"{url}/schema/Notes"


async def test_a_collection_that_never_held_anything_is_empty() -> None:
    assert await (await store(ScriptedHttp(answer({"class": "Notes", "properties": []})))).search("a", 1) == []
