"""Vector stores and memories over a real connection: what reaches the service, byte by byte."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from scripted_server import Answer, ScriptedServer

from flowisectl.clients.elasticsearch import elasticsearch_index
from flowisectl.clients.http import open_http
from flowisectl.clients.neo4j import Neo4jGraph
from flowisectl.clients.upstash_vector import UpstashIndex
from flowisectl.clients.vectara import VectaraAccess, VectaraSearch, VectaraStore
from flowisectl.errors import ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.file import NamedFile
from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.vector_index import VectorRow

ROW = VectorRow(document=Document(page_content="aé", metadata={"n": 1}, id="1"), vector=[1.0, 0.0])


async def test_bulk_lines_follow_a_question_that_has_no_answer_body(server: ScriptedServer, http: HttpClient) -> None:
    server.script(Answer(headers={"content-type": "application/json"}), Answer(body=b'{"errors":false}'))
    index = elasticsearch_index(http, url=server.url, name="notes", api_key="es-secret")

    await index.add([ROW])

    assert [(seen.method, seen.path) for seen in server.seen] == [("HEAD", "/notes"), ("POST", "/_bulk?refresh=true")]
    lines = server.seen[1].body.splitlines()
    assert server.seen[1].body.endswith(b"\n") and server.seen[1].headers["content-type"] == "application/json"
    assert orjson.loads(lines[1]) == {"text": "aé", "metadata": {"n": 1}, "embedding": [1.0, 0.0]}


async def test_ids_travel_in_the_body_of_a_delete(server: ScriptedServer, http: HttpClient) -> None:
    server.json({"result": {"deleted": 1}})

    await UpstashIndex(http, url=server.url, token="up-secret").delete(["1"])

    assert (server.seen[0].method, server.seen[0].json) == ("DELETE", {"ids": ["1"]})


async def test_a_file_travels_as_a_form(server: ScriptedServer, http: HttpClient) -> None:
    server.json({"response": {}})

    async def files() -> list[NamedFile]:
        return [NamedFile(name="ä.txt", data=b"hello", media_type="text/plain")]

    access = VectaraAccess(customer_id="1", corpus_ids=("2",), api_key="vt-secret")
    await VectaraStore(http, access, VectaraSearch(count=4), files=files, url=server.url).add([])

    seen = server.seen[0]
    assert seen.path == "/v1/upload?c=1&o=2&d=true" and seen.headers["x-api-key"] == "vt-secret"
    assert seen.headers["content-type"].startswith("multipart/form-data") and b"hello" in seen.body and b"doc_metadata" in seen.body


async def test_a_graph_that_says_nothing_in_time_is_told(server: ScriptedServer, http: HttpClient) -> None:

    gate = asyncio.Event()
    server.script(Answer(gate=gate))
    graph = Neo4jGraph(http, url=server.url, user="neo4j", password="nj-secret", timeout_seconds=0.05)

    with pytest.raises(ProviderError, match=r"within 0\.05 s") as caught:
        await graph.read("RETURN 1")

    gate.set()
    assert "nj-secret" not in str(caught.value)


async def test_an_address_on_the_deny_list_is_not_asked(server: ScriptedServer) -> None:
    async with open_http(deny_list=["127.0.0.1"]) as http:
        with pytest.raises(ProviderError, match="denied by policy"):
            await UpstashIndex(http, url=server.url, token="up-secret").delete(["1"])

    assert server.seen == []


async def test_a_busy_service_is_asked_again_and_not_for_ever(server: ScriptedServer, http: HttpClient) -> None:
    busy = Answer(status=429, headers={"retry-after": "0.001"}, body=b'{"error":"slow down"}')
    server.script(busy, Answer(body=b'{"result":{}}'), busy, busy, busy)
    index = UpstashIndex(http, url=server.url, token="up-secret")

    await index.delete(["1"])
    with pytest.raises(ProviderError, match="429 slow down"):
        await index.delete(["2"])

    assert [seen.json["ids"] for seen in server.seen] == [["1"], ["1"], ["2"], ["2"], ["2"]]
