"""The Meilisearch node: what it asks of the service, and what the answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from service_answers import TinyEmbeddings, answer
from store_wire import DOCUMENTS, asked, built, sent

from flowisectl.clients.meilisearch import MeilisearchIndex
from flowisectl.clients.qdrant import point_id
from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores.meilisearch import Meilisearch
from flowisectl.retrieval.embedded_store import EmbeddedStore
from flowisectl.testing import ScriptedHttp

TASK, DONE = answer({"taskUid": 7}), answer({"status": "succeeded"})


async def store(http: ScriptedHttp, output: str = "vectorStore", **inputs: Any) -> Any:
    credential = {"meilisearchSearchApiKey": "ms-search", "meilisearchAdminApiKey": "ms-admin"}
    values = {"host": "http://127.0.0.1:7700", "indexUid": "notes", **inputs}
    return await built(Meilisearch(), http, output, credential, **values)


async def test_an_index_gets_an_embedder_and_documents_that_bring_their_vectors() -> None:
    http = ScriptedHttp(answer(["year"]), TASK, DONE, TASK, answer({"status": "enqueued"}), DONE)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    index = MeilisearchIndex(http, url="http://m.test", search_key="ms-search", admin_key="ms-admin", name="notes", pause=pause)
    await EmbeddedStore(index, TinyEmbeddings()).add(DOCUMENTS[:1])

    assert asked(http) == [
        ("GET", "/indexes/notes/settings/filterable-attributes"),
        ("PATCH", "/indexes/notes/settings"),
        ("GET", "/tasks/7"),
        ("POST", "/indexes/notes/documents?primaryKey=objectID"),
        ("GET", "/tasks/7"),
        ("GET", "/tasks/7"),
    ]
    assert {call.headers["authorization"] for call in http.calls} == {"Bearer ms-admin"}
    assert sent(http, 1) == {
        "embedders": {"ollama": {"source": "userProvided", "dimensions": 2}},
        "filterableAttributes": ["year", "metadata"],
    }
    assert sent(http, 3) == [
        {
            "objectID": point_id("id-1"),
            "pageContent": "aa",
            "metadata": dict(DOCUMENTS[0].metadata),
            "_vectors": {"ollama": {"embeddings": [1.0, 0.0], "regenerate": False}},
        }
    ]
    assert len(pauses) == 1


async def test_a_new_index_may_be_begun_also_where_there_was_none() -> None:
    gone = answer({"status": "failed", "error": {"code": "index_not_found", "message": "Index `notes` not found."}})
    http = ScriptedHttp(TASK, gone, answer({"code": "index_not_found"}, 404), TASK, DONE, TASK, DONE)

    await (await store(http, deleteIndex=True)).add(DOCUMENTS[:1])

    assert asked(http)[0] == ("DELETE", "/indexes/notes") and sent(http, 3)["filterableAttributes"] == ["metadata"]


async def test_a_task_that_failed_is_told() -> None:
    failed = answer({"status": "failed", "error": {"code": "invalid_vectors", "message": "wrong dimensions for ms-admin"}})

    with pytest.raises(ProviderError, match="wrong dimensions") as caught:
        await (await store(ScriptedHttp(answer(["metadata"]), TASK, failed))).add(DOCUMENTS[:1])

    assert "ms-admin" not in str(caught.value)


async def test_a_search_goes_by_words_and_vectors_with_the_search_key() -> None:
    hit = {"objectID": "1", "pageContent": "aa", "metadata": {"source": "x"}, "_rankingScore": 0.9}
    http = ScriptedHttp(answer({"mine": {"source": "userProvided"}, "theirs": {"source": "openAi"}}), answer({"hits": [hit]}))

    found = await (await store(http, semanticRatio="0.2", searchFilter="kind = k")).search("a", 3, {"source": "it's", "n": 1, "ok": True})

    assert found == [(Document(page_content="aa", metadata={"objectID": "1", "source": "x"}), 0.9)]
    assert [call.headers["authorization"] for call in http.calls] == ["Bearer ms-admin", "Bearer ms-search"]
    assert asked(http) == [("GET", "/indexes/notes/settings/embedders"), ("POST", "/indexes/notes/search")]
    assert sent(http) == {
        "q": "a",
        "vector": [1.0, 0.0],
        "hybrid": {"embedder": "mine", "semanticRatio": 0.2},
        "limit": 3,
        "showRankingScore": True,
        "filter": ["kind = k", "metadata.source = 'it\\'s'", "metadata.n = 1", "metadata.ok = true"],
    }


async def test_the_retriever_asks_for_the_nodes_number() -> None:
    http = ScriptedHttp(answer({}), answer({"hits": []}))

    assert await (await store(http, "retriever", K="7")).retrieve("a") == []
    assert sent(http)["limit"] == 7 and sent(http)["hybrid"]["embedder"] == "ollama"


async def test_documents_are_forgotten_by_their_ids() -> None:
    http = ScriptedHttp(TASK, DONE)

    await (await store(http)).delete(["id-1"])

    assert asked(http)[0] == ("POST", "/indexes/notes/documents/delete-batch") and sent(http, 0) == [point_id("id-1")]
