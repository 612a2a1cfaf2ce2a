"""The Zep nodes: what they ask of a server and of the cloud, and what the answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from service_answers import answer
from store_wire import DOCUMENTS, asked, built, sent

from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_store import ErasableStore, VectorStore
from flowisectl.nodes.vector_stores.zep import Zep
from flowisectl.nodes.vector_stores.zep_cloud import ZepCloud
from flowisectl.testing import ScriptedHttp

MISSING, DONE = answer({"message": "not found"}, 404), answer(["u-1"])
ID = "9b2e9d52-0b3c-4f0a-8d1c-000000000001"


async def server(http: ScriptedHttp, **inputs: Any) -> Any:
    return await built(Zep(), http, credential={"apiKey": "zp-secret"}, zepCollection="notes", **inputs)


async def cloud(http: ScriptedHttp, output: str = "vectorStore", **inputs: Any) -> Any:
    return await built(ZepCloud(), http, output, {"apiKey": "zp-secret"}, zepCollection="notes", **inputs)


async def test_a_missing_collection_is_made_for_the_models_vectors() -> None:
    http = ScriptedHttp(MISSING, answer(None), DONE)

    await (await server(http, dimension="2")).add(DOCUMENTS[:1])

    assert asked(http) == [
        ("GET", "/api/v1/collection/notes"),
        ("POST", "/api/v1/collection/notes"),
        ("POST", "/api/v1/collection/notes/document"),
    ]
    assert sent(http, 1) == {"name": "notes", "embedding_dimensions": 2, "is_auto_embedded": False}
    assert sent(http) == [{"document_id": "id-1", "content": "aa", "metadata": dict(DOCUMENTS[0].metadata), "embedding": [1.0, 0.0]}]
    assert http.calls[0].headers["authorization"] == "Bearer zp-secret"


@pytest.mark.parametrize(
    ("written", "conditions", "expected"),
    [
        ("", None, None),
        ('{"kind": "k"}', None, {"jsonpath": '$[*] ? (@.kind == "k")'}),
        ("", {"a.b c": 1}, {"jsonpath": '$[*] ? (@.a."b c" == 1)'}),
        (
            '{"where": {"jsonpath": "$[*]"}}',
            {"source": 'x"'},
            {"and": [{"jsonpath": '$[*] ? (@.source == "x\\"")'}, {"jsonpath": "$[*]"}]},
        ),
    ],
)
async def test_a_search_by_vector_filters_by_metadata(written: str, conditions: Any, expected: Any) -> None:
    item = {"uuid": ID, "content": "aa", "metadata": {"source": "x"}, "score": 0.9, "embedding": [1.0, 0.0]}
    http = ScriptedHttp(answer({"results": [item]}))

    found = await (await server(http, zepMetadataFilter=written)).search("a", 3, conditions)

    assert found == [(Document(page_content="aa", metadata={"source": "x"}), 0.9)]
    assert asked(http) == [("POST", "/api/v1/collection/notes/search?limit=3")]
    assert sent(http) == {"embedding": [1.0, 0.0], **({"metadata": {"where": expected}} if expected else {})}


async def test_different_documents_of_a_server_may_be_preferred() -> None:
    rows = [("1", [1.0, 0.0]), ("2", [0.99, 0.01]), ("3", [0.5, 0.5])]
    http = ScriptedHttp(answer({"results": [{"uuid": id, "content": id, "embedding": vector} for id, vector in rows]}))

    found = await (await server(http, searchType="mmr", fetchK="10", **{"lambda": "0.3"})).search("a", 2)

    assert [document.page_content for document, _ in found] == ["1", "3"]


async def test_documents_are_forgotten_by_the_ids_that_zep_gave_them() -> None:
    of_server, of_cloud = ScriptedHttp(answer(None)), ScriptedHttp(MISSING)

    await (await server(of_server)).delete([ID, "not-zeps"])
    await (await cloud(of_cloud)).delete([ID, "not-zeps"])

    assert asked(of_server) == [("DELETE", f"/api/v1/collection/notes/document/uuid/{ID}")]
    assert asked(of_cloud) == [("DELETE", f"/api/v2/collections/notes/documents/uuid/{ID}")]


async def test_the_cloud_is_given_texts_and_embeds_them() -> None:
    http = ScriptedHttp(MISSING, answer(None), DONE)
    store = await cloud(http)

    await store.add([*DOCUMENTS[:1], Document(page_content="")])

    assert asked(http) == [
        ("GET", "/api/v2/collections/notes"),
        ("POST", "/api/v2/collections/notes"),
        ("POST", "/api/v2/collections/notes/documents"),
    ]
    assert sent(http) == [{"content": "aa", "metadata": dict(DOCUMENTS[0].metadata), "document_id": "id-1"}]
    assert http.calls[0].headers["authorization"] == "Api-Key zp-secret"
    assert isinstance(store, VectorStore) and isinstance(store, ErasableStore)


async def test_the_cloud_is_asked_with_text_and_may_prefer_different_documents() -> None:
    http = ScriptedHttp(answer({"results": [{"uuid": ID, "content": "aa", "score": 0.9}]}), answer({"results": []}))

    found = await (await cloud(http, searchType="mmr", **{"lambda": "0.3"})).search("a?", 3, {"source": "x"})
    retriever = await cloud(http, "retriever", topK="7")

    assert found == [(Document(page_content="aa"), 0.9)]
    assert sent(http, 0) == {
        "text": "a?",
        "metadata": {"where": {"jsonpath": '$[*] ? (@.source == "x")'}},
        "search_type": "mmr",
        "mmr_lambda": 0.3,
    }
    assert await retriever.retrieve("a") == []
    assert asked(http)[-1] == ("POST", "/api/v2/collections/notes/search?limit=7") and sent(http) == {"text": "a"}
