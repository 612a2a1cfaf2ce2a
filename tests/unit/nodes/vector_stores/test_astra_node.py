"""The Astra node: what it asks of the service, and what the answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from service_answers import answer
from store_wire import DOCUMENTS, asked, built, sent

from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores.astra import Astra
from flowisectl.testing import ScriptedHttp

DONE, FORGOTTEN = answer({"status": {"ok": 1}}), answer({"status": {"deletedCount": 0}})


async def store(http: ScriptedHttp, **inputs: Any) -> Any:
    credential = {"dbEndPoint": "https://a.astra.test", "applicationToken": "AstraCS:secret"}
    return await built(Astra(), http, credential=credential, astraCollection="notes", **inputs)


async def test_documents_replace_those_with_the_same_id_in_a_collection_that_is_made_once() -> None:
    http = ScriptedHttp(DONE, FORGOTTEN, DONE, FORGOTTEN, DONE)
    notes = await store(http, similarityMetric="dot_product")

    await notes.add(DOCUMENTS[:1])
    await notes.add(DOCUMENTS[1:])

    assert asked(http) == [("POST", f"/api/json/v1/default_keyspace{tail}") for tail in ("", *["/notes"] * 4)]
    assert http.calls[0].headers["token"] == "AstraCS:secret"
    options = {"vector": {"dimension": 2, "metric": "dot_product"}, "indexing": {"allow": ["metadata"]}}
    assert sent(http, 0) == {"createCollection": {"name": "notes", "options": options}}
    assert sent(http, 1) == {"deleteMany": {"filter": {"_id": {"$in": ["id-1"]}}}}
    assert sent(http, 2)["insertMany"]["documents"] == [{**DOCUMENTS[0].metadata, "_id": "id-1", "text": "aa", "$vector": [1.0, 0.0]}]


async def test_a_search_reads_metadata_beside_the_text() -> None:
    http = ScriptedHttp(answer({"data": {"documents": [{"_id": "1", "text": "aa", "source": "x", "$similarity": 0.9}]}}))

    assert await (await store(http)).search("a", 2, {"source": "x"}) == [
        (Document(page_content="aa", metadata={"_id": "1", "source": "x"}), 0.9)
    ]
    assert sent(http) == {
        "find": {
            "sort": {"$vector": [1.0, 0.0]},
            "options": {"limit": 2, "includeSimilarity": True},
            "projection": {"$vector": 0},
            "filter": {"source": "x"},
        }
    }


async def test_different_documents_may_be_preferred() -> None:
    rows = [("1", [1.0, 0.0]), ("2", [0.99, 0.01]), ("3", [0.5, 0.5])]
    http = ScriptedHttp(answer({"data": {"documents": [{"_id": id, "text": id, "$vector": vector} for id, vector in rows]}}))

    found = await (await store(http, searchType="mmr", fetchK="10", **{"lambda": "0.3"})).search("a", 2)

    assert [document.page_content for document, _ in found] == ["1", "3"]
    assert sent(http)["find"]["options"]["limit"] == 10 and sent(http)["find"]["projection"] == {"*": 1}


async def test_more_is_forgotten_while_there_is_more() -> None:
    http = ScriptedHttp(answer({"status": {"deletedCount": 20, "moreData": True}}), FORGOTTEN)

    await (await store(http)).delete(["a"])

    assert len(http.calls) == 2


async def test_a_refusal_stands_in_the_body() -> None:
    refused = answer({"errors": [{"errorCode": "COLLECTION_NOT_EXIST", "message": "no collection for AstraCS:secret"}]})

    with pytest.raises(ProviderError, match="COLLECTION_NOT_EXIST") as caught:
        await (await store(ScriptedHttp(refused))).search("a", 1)

    assert "AstraCS:secret" not in str(caught.value)


async def test_a_collection_that_was_made_otherwise_is_used_as_it_is() -> None:
    other = answer({"errors": [{"errorCode": "EXISTING_COLLECTION_DIFFERENT_SETTINGS", "message": "…"}]})
    http = ScriptedHttp(other, FORGOTTEN, DONE)

    await (await store(http)).add(DOCUMENTS[:1])

    assert "insertMany" in sent(http)


async def test_a_service_that_always_has_more_to_forget_is_left_alone() -> None:
    http = ScriptedHttp(*[answer({"status": {"deletedCount": 0, "moreData": True}})] * 9)

    await (await store(http)).delete(["1", "2"])

    assert len(http.calls) == 3
