"""The Milvus node: what it asks of the service, and what the answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from service_answers import answer
from store_wire import DOCUMENTS, asked, built, sent

from flowisectl.errors import InvalidFlow, ProviderError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores.milvus import Milvus
from flowisectl.testing import ScriptedHttp


def data(value: Any = None) -> Any:
    return answer({"code": 0, "data": value})


def layout(*columns: tuple[str, str], key: str = "VarChar", auto: bool = False, is_open: bool = True) -> Any:
    fields = [
        {"name": "langchain_primaryid", "type": key, "primaryKey": True, "autoId": auto},
        {"name": "langchain_text", "type": "VarChar"},
        {"name": "langchain_vector", "type": "FloatVector"},
        *({"name": name, "type": kind} for name, kind in columns),
    ]
    return data({"autoId": auto, "enableDynamicField": is_open, "fields": fields})


async def store(http: ScriptedHttp, **inputs: Any) -> Any:
    values = {"milvusServerUrl": "http://127.0.0.1:19530", "milvusCollection": "notes", **inputs}
    return await built(Milvus(), http, credential={"milvusUser": "root", "milvusPassword": "mv-secret"}, **values)


async def test_a_missing_collection_has_columns_for_what_all_rows_have_and_numbers_them() -> None:
    http = ScriptedHttp(data({"has": False}), data(), layout(("n", "Double"), key="Int64", auto=True), data())
    metadata = [{"source": "x", "n": 1, "ok": True, "loc": {"page": 1}, "a b": "c", "none": None, "own": 1}, {"source": "y", "n": 2.5}]
    shared = {"ok": False, "loc": ["l"], "a b": "d", "none": None}
    documents = [Document(page_content="aa", metadata=metadata[0]), Document(page_content="ab", metadata={**metadata[1], **shared})]

    await (await store(http)).add(documents)

    schema = sent(http, 1)["schema"]
    assert schema["autoID"] is True and schema["enableDynamicField"] is True
    assert {field["fieldName"]: field["dataType"] for field in schema["fields"]} == {
        "langchain_primaryid": "Int64",
        "langchain_text": "VarChar",
        "langchain_vector": "FloatVector",
        "source": "VarChar",
        "n": "Double",
        "ok": "Bool",
        "loc": "VarChar",
    }
    assert asked(http)[-1][1] == "/v2/vectordb/entities/insert" and "langchain_primaryid" not in sent(http)["data"][0]


async def test_a_row_without_a_columns_value_has_an_empty_one() -> None:
    columns = (("source", "VarChar"), ("n", "Double"), ("ok", "Bool"))
    http = ScriptedHttp(data({"has": True}), layout(*columns, key="Int64", auto=True), data())

    await (await store(http)).add([Document(page_content="aa", metadata={"more": 1})])

    empty = {"source": "", "n": 0.0, "ok": False}
    assert sent(http)["data"] == [{"more": 1, **empty, "langchain_text": "aa", "langchain_vector": [1.0, 0.0]}]


async def test_a_missing_partition_is_made_once() -> None:
    http = ScriptedHttp(data({"has": True}), layout(), data({"has": False}), data(), data(), data())
    notes = await store(http, milvusPartition="west")

    await notes.add(DOCUMENTS[:1])
    await notes.add(DOCUMENTS[1:])

    verbs = [path.removeprefix("/v2/vectordb/") for _, path in asked(http)]
    assert verbs == ["collections/has", "collections/describe", "partitions/has", "partitions/create", *["entities/upsert"] * 2]
    assert sent(http)["partitionName"] == "west"


async def test_a_collection_that_is_not_loaded_is_loaded_for_the_search() -> None:
    state = "LoadStateLoading", "LoadStateLoaded"
    http = ScriptedHttp(
        layout(),
        answer({"code": 101, "message": "collection not loaded"}),
        data({}),
        *(data({"loadState": name}) for name in state),
        data([{"id": 7, "langchain_primaryid": 7, "langchain_text": "aa", "distance": 0.5}]),
    )

    found = await (await store(http)).search("a", 1)

    assert found == [(Document(page_content="aa", id="7"), 0.5)]
    verbs = [path.removeprefix("/v2/vectordb/") for _, path in asked(http)]
    assert verbs[2:5] == ["collections/load", "collections/get_load_state", "collections/get_load_state"]
    assert sent(http)["partitionNames"] == ["_default"]


async def test_a_missing_collection_is_made_for_any_metadata() -> None:
    http = ScriptedHttp(data({"has": False}), data(), layout(), data({"upsertCount": 2}))

    await (await store(http)).add(DOCUMENTS)

    assert [path for _, path in asked(http)] == [
        f"/v2/vectordb/{verb}" for verb in ("collections/has", "collections/create", "collections/describe", "entities/upsert")
    ]
    assert http.calls[0].headers["authorization"] == "Bearer root:mv-secret"
    made = sent(http, 1)
    assert made["schema"]["enableDynamicField"] is True and made["indexParams"][0]["metricType"] == "L2"
    assert {field["fieldName"]: field["elementTypeParams"] for field in made["schema"]["fields"]}["langchain_vector"] == {"dim": 2}
    assert sent(http)["data"][0] == {
        **DOCUMENTS[0].metadata,
        "langchain_primaryid": "id-1",
        "langchain_text": "aa",
        "langchain_vector": [1.0, 0.0],
    }
    assert sent(http)["partitionName"] == "_default"


async def test_a_collection_of_another_client_keeps_its_columns_and_numbers_its_rows() -> None:
    own = layout(("source", "VarChar"), ("loc", "VarChar"), ("flowise_chatId", "VarChar"), key="Int64", auto=True, is_open=False)
    http = ScriptedHttp(data({"has": True}), own, data())

    await (await store(http)).add(DOCUMENTS[:1])

    assert asked(http)[-1][1] == "/v2/vectordb/entities/insert"
    assert sent(http)["data"] == [
        {"source": "x", "loc": '{"page":1}', "flowise_chatId": "", "langchain_text": "aa", "langchain_vector": [1.0, 0.0]}
    ]


async def test_a_search_reads_metadata_beside_the_text() -> None:
    item = {"langchain_primaryid": "1", "langchain_text": "aa", "source": "x", "loc": '{"page":1}', "distance": 0.5}
    http = ScriptedHttp(layout(), data([item]))

    found = await (await store(http, milvusFilter='kind == "k"', milvusPartition="west")).search("a", 2, {"source": 'x"y', "loc.page": 1})

    assert found == [(Document(page_content="aa", metadata={"source": "x", "loc": {"page": 1}}, id="1"), 0.5)]
    assert sent(http) == {
        "collectionName": "notes",
        "data": [[1.0, 0.0]],
        "annsField": "langchain_vector",
        "limit": 2,
        "outputFields": ["*"],
        "filter": '(kind == "k") and source == "x\\"y" and $meta["loc.page"] == 1',
        "partitionNames": ["west"],
    }


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ((), '(flowise_chatId == "chat-1" or not exists $meta["flowise_chatId"])'),
        ((("flowise_chatId", "VarChar"),), 'flowise_chatId in ["chat-1", ""]'),
    ],
)
async def test_with_file_upload_a_chat_sees_its_own_uploads(columns: tuple[tuple[str, str], ...], expected: str) -> None:
    http = ScriptedHttp(layout(*columns), data([]))

    await (await store(http, fileUpload=True)).search("a", 1)

    assert sent(http)["filter"] == expected


async def test_rows_are_forgotten_by_their_keys() -> None:
    http, numbered = ScriptedHttp(layout(), data()), ScriptedHttp(layout(key="Int64"), data())

    await (await store(http)).delete(["a", 'b"'])
    await (await store(numbered)).delete(["7"])

    assert sent(http)["filter"] == 'langchain_primaryid in ["a","b\\""]'
    assert sent(numbered)["filter"] == "langchain_primaryid in [7]"


async def test_a_refusal_stands_in_the_body() -> None:
    refused = answer({"code": 1800, "message": "user hasn't authenticated, mv-secret is wrong"})

    with pytest.raises(ProviderError, match="1800 user hasn't") as caught:
        await (await store(ScriptedHttp(refused))).search("a", 1)

    assert "mv-secret" not in str(caught.value)


async def test_a_collection_without_vectors_is_told() -> None:
    with pytest.raises(ProviderError, match="has no vectors"):
        await (await store(ScriptedHttp(data({"fields": []})))).search("a", 1)


async def test_the_scheme_follows_secure_and_certificates_are_refused() -> None:
    http = ScriptedHttp(layout(), data([]))

    await (await store(http, milvusServerUrl="m.test:443", secure=True)).search("a", 1)

    assert http.calls[0].url.startswith("https://m.test:443/")
    with pytest.raises(InvalidFlow, match="clientPemPath"):
        await store(http, clientPemPath="/pem")
