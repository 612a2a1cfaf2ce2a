"""Vectors and messages in MongoDB: what its own library sends for them, and what the answers mean."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import MissingExtra, MissingInput, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.message import ChatMessage
from flowisectl.nodes.memory.mongo_db_atlas_chat_memory import MongoDBAtlasChatMemory
from flowisectl.nodes.vector_stores.mongo_db_atlas import MongoDBAtlas
from flowisectl.testing import run_context

bson = pytest.importorskip("bson", reason="no MongoDB library: pip install 'flowisectl[mongodb]'")
from mongo_server import MongoServer, open_mongo_server  # noqa: E402

OID = "64b7f0c2a1b2c3d4e5f60718"


class LetterEmbeddings:
    """The share of `a` and of `b` in a text."""

    async def embed(self, texts: Any) -> list[list[float]]:
        return [[text.count("a") / len(text), text.count("b") / len(text)] for text in texts]


@pytest.fixture
async def mongo() -> AsyncIterator[MongoServer]:
    async with open_mongo_server() as server:
        yield server


async def store(url: str, output: str = "vectorStore", **inputs: Any) -> Any:
    values = {"embeddings": LetterEmbeddings(), "databaseName": "d", "collectionName": "c", "indexName": "i", **inputs}
    given = NodeInputs(values, node_id="s_0", label="Store", output=output, credential={"mongoDBConnectUrl": url} if url else {})
    return await MongoDBAtlas().build(given, run_context())


async def memory(url: str, session: str = "session-1") -> Any:
    values = {"databaseName": "d", "collectionName": "c"}
    given = NodeInputs(values, node_id="m_0", label="Memory", credential={"mongoDBConnectUrl": url} if url else {})
    return await MongoDBAtlasChatMemory().build(given, run_context(session_id=session))


def found(*documents: dict[str, Any]) -> dict[str, Any]:
    return {"cursor": {"id": bson.Int64(0), "ns": "d.c", "firstBatch": list(documents)}}


async def test_documents_replace_those_with_the_same_id(mongo: MongoServer) -> None:
    mongo.script({"n": 1, "nModified": 1})

    await (await store(mongo.url())).add([Document(page_content="ab", metadata={"source": "x", "_id": "other"}, id="1")])

    command = mongo.commands[0]
    assert (command["update"], command["$db"]) == ("c", "d")
    assert command["updates"][0]["q"] == {"_id": "1"} and command["updates"][0]["upsert"] is True
    assert command["updates"][0]["u"] == {"_id": "1", "source": "x", "text": "ab", "embedding": [0.5, 0.5]}


async def test_a_search_goes_through_the_search_index(mongo: MongoServer) -> None:
    when = datetime(2026, 1, 2, tzinfo=UTC)
    mongo.script(found({"_id": bson.ObjectId(OID), "body": "aa", "source": "x", "at": when, "__score": 0.9}))
    notes = await store(mongo.url(), textKey="body", mongoMetadataFilter='{"preFilter": {"kind": {"$eq": "k"}}}')

    result = await notes.search("a", 3, {"source": "x"})

    metadata = {"source": "x", "at": "2026-01-02T00:00:00"}
    assert result == [(Document(page_content="aa", metadata=metadata, id=OID), 0.9)]
    search, score, without = mongo.commands[0]["pipeline"]
    assert search["$vectorSearch"] == {
        "index": "i",
        "path": "embedding",
        "queryVector": [1.0, 0.0],
        "numCandidates": 30,
        "limit": 3,
        "filter": {"kind": {"$eq": "k"}, "source": "x"},
    }
    assert score == {"$set": {"__score": {"$meta": "vectorSearchScore"}}} and without == {"$unset": "embedding"}


async def test_what_was_found_goes_through_the_filters_later_stages(mongo: MongoServer) -> None:
    mongo.script(found({"_id": "1", "text": "aa", "__score": 0.9}))
    notes = await store(mongo.url(), mongoMetadataFilter='{"postFilterPipeline": [{"$match": {"kind": "k"}}]}')

    await notes.search("a", 3)

    search, _, _, later = mongo.commands[0]["pipeline"]
    assert "filter" not in search["$vectorSearch"] and later == {"$match": {"kind": "k"}}


async def test_different_documents_may_be_preferred_by_the_retriever(mongo: MongoServer) -> None:
    rows = [("1", [1.0, 0.0]), ("2", [0.99, 0.01]), ("3", [0.5, 0.5])]
    mongo.script(found(*[{"_id": id, "text": id, "embedding": vector, "__score": 0.9} for id, vector in rows]))

    retriever = await store(mongo.url(), "retriever", topK="2", searchType="mmr", fetchK="10", **{"lambda": "0.3"})

    assert [document.id for document in await retriever.retrieve("a")] == ["1", "3"]
    assert mongo.commands[0]["pipeline"][0]["$vectorSearch"]["limit"] == 10


async def test_documents_are_forgotten_by_their_ids_of_both_kinds(mongo: MongoServer) -> None:
    mongo.script({"n": 1})

    await (await store(mongo.url())).delete(["1", OID])

    assert mongo.commands[0]["deletes"][0]["q"] == {"_id": {"$in": ["1", OID, bson.ObjectId(OID)]}}


async def test_an_exchange_is_appended_to_the_session(mongo: MongoServer) -> None:
    mongo.script({"n": 1})

    await (await memory(mongo.url())).add("q", "a")

    update = mongo.commands[0]["updates"][0]
    assert update["q"] == {"sessionId": "session-1"} and update["upsert"] is True
    kept = update["u"]["$push"]["messages"]["$each"]
    assert [(entry["type"], entry["data"]["content"]) for entry in kept] == [("human", "q"), ("ai", "a")]
    assert all(isinstance(entry["timestamp"], datetime) for entry in kept)


async def test_a_session_is_read_oldest_first_and_forgotten_whole(mongo: MongoServer) -> None:
    entries = [{"type": "human", "data": {"content": "q"}}, {"type": "tool"}, {"type": "ai", "data": {"content": "a"}}, 3]
    mongo.script(found({"sessionId": "session-1", "messages": entries}), found(), {"n": 1})
    kept = await memory(mongo.url())

    messages = await kept.messages([ChatMessage(role="user", content="before")])

    assert [(message.role, message.text) for message in messages] == [("user", "before"), ("user", "q"), ("assistant", "a")]
    assert await kept.messages() == []
    await kept.clear()
    assert mongo.commands[-1]["deletes"] == [{"q": {"sessionId": "session-1"}, "limit": 1}]


async def test_without_a_session_nothing_is_asked(mongo: MongoServer) -> None:
    kept = await memory(mongo.url(), session="")

    await kept.add("q", "a")
    await kept.clear()

    assert await kept.messages() == [] and mongo.commands == []


async def test_a_wrong_password_is_told_without_it(mongo: MongoServer) -> None:
    mongo.script({"ok": 0.0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "Authentication failed for pa$$word"})
    kept = await memory(mongo.url("joe:pa%24%24word@"))

    with pytest.raises(ProviderError, match="Authentication failed") as caught:
        await kept.messages()

    assert "pa$$word" not in str(caught.value) and "pa%24%24word" not in str(caught.value)
    assert (caught.value.provider, caught.value.status) == ("mongodb", 18)


async def test_a_refused_command_is_told(mongo: MongoServer) -> None:
    mongo.script({"ok": 0.0, "code": 31082, "errmsg": "$vectorSearch stage is only allowed on MongoDB Atlas"})

    with pytest.raises(ProviderError, match="only allowed on MongoDB Atlas"):
        await (await store(mongo.url())).search("a", 1)


@pytest.mark.parametrize("url", ["http://joe:se-cret@h.test", "mongodb://joe:se-cret@", "nonsense se-cret"])
async def test_a_url_that_is_none_is_told_without_its_password(url: str) -> None:
    with pytest.raises(ProviderError, match="MongoDB") as caught:
        await (await memory(url)).messages()

    assert "se-cret" not in str(caught.value)


async def test_a_missing_credential_and_a_missing_library_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingInput, match="mongoDBConnectUrl"):
        await store("")
    with pytest.raises(MissingInput, match="mongoDBConnectUrl"):
        await memory("")

    monkeypatch.setitem(__import__("sys").modules, "pymongo", None)

    with pytest.raises(MissingExtra, match=r"flowisectl\[mongodb\]"):
        await (await memory("mongodb://h.test")).messages()


@pytest.mark.parametrize("name", ["MONGODB-OIDC", "MONGODB%2DOIDC"])
async def test_tokens_of_the_machine_are_not_sent_to_a_host_of_a_flow(mongo: MongoServer, name: str) -> None:
    url = f"{mongo.url()}&authMechanism={name}&authMechanismProperties=ENVIRONMENT:k8s"

    with pytest.raises(ProviderError, match="logins with MONGODB-OIDC are not allowed"):
        await (await store(url)).search("a", 1)

    assert mongo.commands == []
