"""The vector stores behind REST APIs: what they are asked, and what their answers mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from service_answers import TinyEmbeddings, answer

from flowisectl.clients.qdrant import point_id
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpFailed, Reach
from flowisectl.interfaces.vector_store import ErasableStore, VectorStore
from flowisectl.nodes.vector_stores.chroma import Chroma
from flowisectl.nodes.vector_stores.pinecone import Pinecone
from flowisectl.nodes.vector_stores.qdrant import Qdrant
from flowisectl.nodes.vector_stores.supabase import Supabase
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.testing import ScriptedHttp, run_context

DOCUMENTS = [
    Document(page_content="aa", metadata={"source": "x", "loc": {"page": 1}, "tags": ["t", 1], "none": None}, id="id-1"),
    Document(page_content="ab", metadata={}, id="9b2e9d52-0b3c-4f0a-8d1c-000000000001"),
]
HOST = answer({"host": "idx.pinecone.test"})


async def build(node: Node, http: ScriptedHttp, output: str = "vectorStore", credential: Any = None, **inputs: Any) -> Any:
    values = {"embeddings": TinyEmbeddings(), **inputs}
    return await node.build(NodeInputs(values, node_id="s_0", label="Store", output=output, credential=credential), run_context(http=http))


def sent(http: ScriptedHttp, place: int = -1) -> Any:
    return orjson.loads(http.calls[place].body or b"null")


class TestPinecone:
    KEY = {"pineconeApiKey": "pc-secret-1"}  # noqa: RUF012

    async def store(self, http: ScriptedHttp, **inputs: Any) -> Any:
        return await build(Pinecone(), http, credential=self.KEY, pineconeIndex="flows", **inputs)

    async def test_documents_are_written_with_flat_metadata(self) -> None:
        http = ScriptedHttp(HOST, answer({"upsertedCount": 2}))

        await (await self.store(http, pineconeNamespace="ns")).add(DOCUMENTS)

        assert [call.url for call in http.calls] == ["https://api.pinecone.io/indexes/flows", "https://idx.pinecone.test/vectors/upsert"]
        assert http.calls[1].headers["api-key"] == "pc-secret-1"
        assert http.calls[1].reach is Reach.ENDPOINT
        body = sent(http)
        assert body["namespace"] == "ns"
        assert body["vectors"][0] == {
            "id": "id-1",
            "values": [1.0, 0.0],
            "metadata": {"source": "x", "loc.page": 1, "tags.0": "t", "tags.1": 1, "text": "aa"},
        }

    async def test_lists_of_texts_stay_whole_and_others_become_members_as_existing_indexes_have_them(self) -> None:
        http = ScriptedHttp(HOST, answer({"upsertedCount": 1}))
        metadata = {"tags": ["t", "u"], "none": [], "numbers": [1, 2], "deep": {"a": ["b"], "c": None}}

        await (await self.store(http)).add([Document(page_content="aa", metadata=metadata, id="id-1")])

        kept = {"tags": ["t", "u"], "numbers.0": 1, "numbers.1": 2, "deep.a.0": "b", "text": "aa"}
        assert sent(http)["vectors"][0]["metadata"] == kept

    async def test_a_search_gives_documents_with_their_scores(self) -> None:
        http = ScriptedHttp(HOST, answer({"matches": [{"id": "1", "score": 0.9, "metadata": {"text": "aa", "source": "x"}}]}))
        store = await self.store(http, pineconeMetadataFilter='{"kind": "k"}')

        found = await store.search("a", 3, {"source": "x"})

        assert found == [(Document(page_content="aa", metadata={"source": "x"}, id="1"), 0.9)]
        assert sent(http) == {"vector": [1.0, 0.0], "topK": 3, "includeMetadata": True, "filter": {"kind": "k", "source": "x"}}

    async def test_with_file_upload_a_chat_sees_its_own_uploads_and_what_is_no_chats(self) -> None:
        http = ScriptedHttp(HOST, answer({"matches": []}))

        await (await self.store(http, fileUpload=True)).search("a", 1)

        assert sent(http)["filter"] == {"$or": [{"flowise_chatId": "chat-1"}, {"flowise_chatId": {"$exists": False}}]}

    async def test_different_documents_may_be_preferred(self) -> None:
        rows = [("1", [1.0, 0.0]), ("2", [0.99, 0.01]), ("3", [0.5, 0.5])]
        matches = [{"id": id, "score": 0.9, "values": vector, "metadata": {"text": id}} for id, vector in rows]
        http = ScriptedHttp(HOST, answer({"matches": matches}))
        store = await self.store(http, searchType="mmr", fetchK="10", **{"lambda": "0.3"})

        found = await store.search("a", 2)

        assert [document.id for document, _ in found] == ["1", "3"]
        assert sent(http)["topK"] == 10 and sent(http)["includeValues"] is True

    async def test_documents_are_forgotten_by_their_ids(self) -> None:
        http = ScriptedHttp(HOST, answer({}))
        store = await self.store(http)

        await store.delete(["a", "b"])

        assert sent(http) == {"ids": ["a", "b"]}
        assert isinstance(store, ErasableStore) and isinstance(store, VectorStore)

    async def test_a_refusal_is_told_without_the_key(self) -> None:
        http = ScriptedHttp(answer({"message": "bad key pc-secret-1"}, 401))

        with pytest.raises(ProviderError, match="401") as caught:
            await (await self.store(http)).search("a", 1)

        assert "pc-secret-1" not in str(caught.value)
        assert (caught.value.provider, caught.value.status) == ("pinecone", 401)

    async def test_a_service_that_is_not_there_is_told(self) -> None:
        with pytest.raises(ProviderError, match="no connection"):
            await (await self.store(ScriptedHttp(HttpFailed("no connection")))).search("a", 1)

    async def test_a_missing_key_is_told(self) -> None:
        with pytest.raises(MissingInput, match="pineconeApiKey"):
            await build(Pinecone(), ScriptedHttp(), pineconeIndex="flows")

    async def test_the_retriever_asks_for_the_nodes_number(self) -> None:
        http = ScriptedHttp(HOST, answer({"matches": []}))

        retriever = await build(Pinecone(), http, "retriever", self.KEY, pineconeIndex="flows", topK="7")

        assert isinstance(retriever, StoreRetriever)
        assert await retriever.retrieve("a") == []
        assert sent(http)["topK"] == 7


class TestQdrant:
    async def store(self, http: ScriptedHttp, **inputs: Any) -> Any:
        values = {"qdrantServerUrl": "http://127.0.0.1:6333/", "qdrantCollection": "my flows", "qdrantVectorDimension": "2", **inputs}
        return await build(Qdrant(), http, credential={"qdrantApiKey": "qd-secret"}, **values)

    async def test_a_missing_collection_is_made_before_the_first_write(self) -> None:
        http = ScriptedHttp(answer(None, 404), answer({"result": True}), answer({"result": {}}), answer({"result": {}}))
        store = await self.store(http)

        await store.add(DOCUMENTS)
        await store.add(DOCUMENTS[:1])

        assert [(call.method, call.url.removeprefix("http://127.0.0.1:6333/collections/my%20flows")) for call in http.calls] == [
            ("GET", ""),
            ("PUT", ""),
            ("PUT", "/points?wait=true"),
            ("PUT", "/points?wait=true"),
        ]
        assert sent(http, 1) == {"vectors": {"size": 2, "distance": "Cosine"}}
        first = sent(http, 2)["points"][0]
        assert first["payload"] == {"content": "aa", "metadata": {"source": "x", "loc": {"page": 1}, "tags": ["t", 1], "none": None}}
        assert first["id"] == point_id("id-1") == point_id("id-1")
        assert sent(http, 2)["points"][1]["id"] == DOCUMENTS[1].id
        assert http.calls[0].headers["api-key"] == "qd-secret"

    async def test_a_search_joins_the_nodes_filter_with_the_callers(self) -> None:
        point = {"id": "1", "score": 0.5, "payload": {"content": "aa", "metadata": {"source": "x"}}}
        http = ScriptedHttp(answer({"result": {"points": [point]}}))
        store = await self.store(http, qdrantFilter='{"must": [{"key": "metadata.kind", "match": {"value": "k"}}]}', fileUpload="true")

        found = await store.search("a", 2, {"source": "x"})

        assert found == [(Document(page_content="aa", metadata={"source": "x"}, id="1"), 0.5)]
        chat = "metadata.flowise_chatId"
        assert http.calls[0].url.endswith("/collections/my%20flows/points/query")
        assert sent(http)["query"] == [1.0, 0.0]
        assert sent(http)["filter"]["must"] == [
            {"key": "metadata.kind", "match": {"value": "k"}},
            {"key": "metadata.source", "match": {"value": "x"}},
            {"should": [{"key": chat, "match": {"value": "chat-1"}}, {"is_empty": {"key": chat}}]},
        ]

    async def test_points_are_forgotten_by_their_ids(self) -> None:
        http = ScriptedHttp(answer({"result": {}}))

        await (await self.store(http)).delete(["id-1"])

        assert sent(http) == {"points": [point_id("id-1")]}

    async def test_a_refusal_says_what_the_service_says(self) -> None:
        http = ScriptedHttp(answer({"status": {"error": "Wrong input: vector size"}}, 400))

        with pytest.raises(ProviderError, match="Wrong input: vector size"):
            await (await self.store(http)).search("a", 1)


class TestChroma:
    async def store(self, http: ScriptedHttp, credential: Any = None, **inputs: Any) -> Any:
        return await build(Chroma(), http, credential=credential, collectionName="flows", **inputs)

    async def test_documents_are_written_with_plain_metadata(self) -> None:
        http = ScriptedHttp(answer({"id": "c-1"}), answer({}))

        await (await self.store(http, chromaURL="http://127.0.0.1:8000")).add(DOCUMENTS)

        root = "http://127.0.0.1:8000/api/v2/tenants/default_tenant/databases/default_database/collections"
        assert [call.url for call in http.calls] == [root, f"{root}/c-1/upsert"]
        assert sent(http, 0) == {"name": "flows", "get_or_create": True}
        assert sent(http) == {
            "ids": ["id-1", DOCUMENTS[1].id],
            "embeddings": [[1.0, 0.0], [0.5, 0.5]],
            "metadatas": [{"source": "x", "tags": '["t",1]', "none": None}, None],
            "documents": ["aa", "ab"],
        }

    async def test_a_search_reads_the_columns_of_the_answer(self) -> None:
        columns = {"ids": [["1"]], "documents": [["aa"]], "metadatas": [[{"source": "x"}]], "distances": [[0.25]], "embeddings": None}
        http = ScriptedHttp(answer({"id": "c-1"}), answer(columns))
        store = await self.store(http, chromaMetadataFilter='{"kind": "k"}')

        found = await store.search("a", 2, {"source": "x"})

        assert found == [(Document(page_content="aa", metadata={"source": "x"}, id="1"), 0.25)]
        assert sent(http)["where"] == {"$and": [{"kind": "k"}, {"source": "x"}]}

    async def test_the_lines_of_a_text_are_kept_flat_and_read_as_they_were(self) -> None:
        kept = {"source": "x", "locFrom": 3, "locTo": 7}
        columns = {"ids": [["1"]], "documents": [["aa"]], "metadatas": [[kept]], "distances": [[0.25]]}
        http = ScriptedHttp(answer({"id": "c-1"}), answer({}), answer(columns))
        document = Document(page_content="aa", metadata={"source": "x", "loc": {"lines": {"from": 3, "to": 7}}}, id="1")
        store = await self.store(http)

        await store.add([document])
        found = await store.search("a", 1)

        assert sent(http, 1)["metadatas"] == [kept]
        assert found == [(document, 0.25)]

    async def test_the_cloud_is_asked_with_a_key(self) -> None:
        http = ScriptedHttp(answer({"id": "c"}), answer({"ids": [[]]}))
        credential = {"chromaApiKey": "ck-secret", "chromaTenant": "t", "chromaDatabase": "d"}

        assert await (await self.store(http, credential)).search("a", 1) == []

        assert http.calls[0].url == "https://api.trychroma.com:8000/api/v2/tenants/t/databases/d/collections"
        assert http.calls[0].headers["x-chroma-token"] == "ck-secret"


class TestSupabase:
    async def store(self, http: ScriptedHttp, **inputs: Any) -> Any:
        values = {"supabaseProjUrl": "https://p.supabase.test/", "tableName": "documents", "queryName": "match_documents", **inputs}
        return await build(Supabase(), http, credential={"supabaseApiKey": "sb-secret"}, **values)

    async def test_rows_are_written_and_replaced_by_their_ids(self) -> None:
        http = ScriptedHttp(answer(None, 201))

        await (await self.store(http)).add(DOCUMENTS[:1])

        assert http.calls[0].url == "https://p.supabase.test/rest/v1/documents"
        assert http.calls[0].headers["prefer"] == "resolution=merge-duplicates"
        assert http.calls[0].headers["authorization"] == "Bearer sb-secret"
        assert sent(http) == [{"id": "id-1", "content": "aa", "metadata": dict(DOCUMENTS[0].metadata), "embedding": [1.0, 0.0]}]

    async def test_a_table_that_numbers_its_rows_is_written_without_ids(self) -> None:
        refused = answer({"code": "22P02", "message": 'invalid input syntax for type bigint: "id-1"'}, 400)
        http = ScriptedHttp(refused, answer(None, 201), answer(None, 201))
        store = await self.store(http)

        await store.add(DOCUMENTS[:1])
        await store.add(DOCUMENTS[:1])

        without_id = [{"content": "aa", "metadata": dict(DOCUMENTS[0].metadata), "embedding": [1.0, 0.0]}]
        assert [len(sent(http, 0)), sent(http, 1), sent(http, 2)] == [1, without_id, without_id]

    async def test_another_refusal_of_rows_is_told(self) -> None:
        http = ScriptedHttp(answer({"code": "22P02", "message": 'invalid input syntax for type json: "x"'}, 400))

        with pytest.raises(ProviderError, match="type json"):
            await (await self.store(http)).add(DOCUMENTS[:1])

    async def test_a_search_calls_the_function_of_the_database(self) -> None:
        http = ScriptedHttp(answer([{"id": 7, "content": "aa", "metadata": {"source": "x"}, "similarity": 0.8}]))
        store = await self.store(http, supabaseMetadataFilter='{"kind": "k"}')

        assert await store.search("a", 2, {"source": "x"}) == [(Document(page_content="aa", metadata={"source": "x"}), 0.8)]
        assert http.calls[0].url.endswith("/rest/v1/rpc/match_documents")
        assert sent(http) == {"query_embedding": [1.0, 0.0], "filter": {"kind": "k", "source": "x"}, "match_count": 2}

    async def test_an_rpc_filter_narrows_what_the_function_gives(self) -> None:
        http = ScriptedHttp(answer([]))
        code = """filter("metadata->a::int", "gt", 5)
            .filter('metadata->a::int', "lt", 9).in("kind", ["x", "a,b"]).not("b", "is", null).limit(3);"""

        await (await self.store(http, supabaseRPCFilter=code)).search("a", 2)

        assert parse_qs(urlsplit(http.calls[0].url).query) == {
            "metadata->a::int": ["gt.5", "lt.9"],
            "kind": ['in.(x,"a,b")'],
            "b": ["not.is.null"],
            "limit": ["3"],
        }

    @pytest.mark.parametrize("code", ["rpc.filter()", "filter('a', 'gt', 5).drop('t')", "process.exit()", "eq('a', (1))", "eq('a' 1)"])
    async def test_an_rpc_filter_that_is_no_chain_of_calls_is_refused(self, code: str) -> None:
        with pytest.raises(InvalidFlow, match="its RPC filter cannot be read"):
            await self.store(ScriptedHttp(), supabaseRPCFilter=code)

    async def test_rows_are_forgotten_by_their_ids(self) -> None:
        http = ScriptedHttp(answer(None, 204))

        await (await self.store(http)).delete(["a", 'b"'])

        assert http.calls[0].method == "DELETE"
        assert http.calls[0].url.endswith("/documents?id=in.%28%22a%22%2C%22b%5C%22%22%29")
