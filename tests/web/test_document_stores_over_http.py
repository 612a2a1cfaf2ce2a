"""Document stores over HTTP: rows, loaders, chunks; what runs components goes to the lane."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from quart import Quart
from quart.datastructures import FileStorage
from quart.testing import QuartClient

from flowisectl.database.document_store_file_chunk import replace_chunks
from flowisectl.database.upsert_history import insert_upsert_history
from flowisectl.documents.request import UpsertResult
from flowisectl.documents.store import DocumentStores
from flowisectl.nodes.discovery import load_catalogue
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices

INTERNAL = {"x-request-from": "internal"}
API = "/api/v1/document-store"
UNKNOWN = "33333333-3333-4333-8333-333333333333"
LOADER = {"loaderId": "plainText", "loaderName": "Plain Text", "loaderConfig": {"text": "hi", "url": "http://x"}}

MakeStore = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def make_store(admin: QuartClient) -> MakeStore:
    async def make(**members: Any) -> dict[str, Any]:
        answer = await admin.post(f"{API}/store", json={"name": "papers", **members}, headers=INTERNAL)
        assert answer.status_code == 200, await answer.get_data(as_text=True)
        row: dict[str, Any] = await answer.get_json()
        return row

    return make


async def save_loader(admin: QuartClient, store: dict[str, Any], **members: Any) -> dict[str, Any]:
    answer = await admin.post(f"{API}/loader/save", json={"storeId": store["id"], **LOADER, **members}, headers=INTERNAL)
    assert answer.status_code == 200, await answer.get_data(as_text=True)
    loader: dict[str, Any] = await answer.get_json()
    return loader


async def put_chunks(services: WebServices, store: dict[str, Any], loader: dict[str, Any], *texts: str) -> None:
    async with services.database.write() as connection:
        await replace_chunks(connection, store["id"], loader["id"], [{"pageContent": text, "metadata": {"n": 1}} for text in texts])
    totals = {"totalChunks": len(texts), "totalChars": sum(map(len, texts)), "status": "SYNC"}
    await DocumentStores(services.database, store["workspaceId"]).change_loader(store["id"], loader["id"], totals, status="SYNC")


async def test_a_new_store_is_empty_and_its_columns_are_text(make_store: MakeStore) -> None:
    row = await make_store(description="about bridges")

    assert (row["name"], row["description"], row["status"]) == ("papers", "about bridges", "EMPTY")
    assert (row["loaders"], row["whereUsed"], row["vectorStoreConfig"]) == ("[]", "[]", None)
    assert uuid.UUID(row["id"])


async def test_a_store_needs_a_name(admin: QuartClient) -> None:
    answer = await admin.post(f"{API}/store", json={}, headers=INTERNAL)

    assert answer.status_code == 400


async def test_stores_are_listed_with_their_columns_parsed_whole_or_by_page(admin: QuartClient, make_store: MakeStore) -> None:
    store = await make_store(vectorStoreConfig={"name": "faiss", "config": {"basePath": "/x"}})
    await make_store(name="other")

    whole = await (await admin.get(f"{API}/store", headers=INTERNAL)).get_json()
    page = await (await admin.get(f"{API}/store?page=1&limit=1", headers=INTERNAL)).get_json()

    assert {item["name"] for item in whole} == {"papers", "other"}
    shown = next(item for item in whole if item["id"] == store["id"])
    assert shown["vectorStoreConfig"] == {"name": "faiss", "config": {"basePath": "/x"}}
    assert (shown["loaders"], shown["whereUsed"], shown["totalChars"], shown["totalChunks"]) == ([], [], 0, 0)
    assert (len(page["data"]), page["total"]) == (1, 2)


async def test_a_store_names_the_flows_that_use_it(admin: QuartClient, make_store: MakeStore, make_flow: Any) -> None:
    flow = await make_flow()
    store = await make_store(whereUsed=[flow["id"], UNKNOWN])

    view = await (await admin.get(f"{API}/store/{store['id']}", headers=INTERNAL)).get_json()

    assert view["whereUsed"] == [{"id": flow["id"], "name": flow["name"]}]


async def test_a_store_is_changed_and_deleted_with_all_that_is_its_own(
    admin: QuartClient, make_store: MakeStore, services: WebServices
) -> None:
    store = await make_store()
    loader = await save_loader(admin, store)
    await put_chunks(services, store, loader, "one")

    changed = await (await admin.put(f"{API}/store/{store['id']}", json={"name": "books"}, headers=INTERNAL)).get_json()
    deleted = await (await admin.delete(f"{API}/store/{store['id']}", headers=INTERNAL)).get_json()
    missing = await admin.get(f"{API}/store/{store['id']}", headers=INTERNAL)

    assert changed["name"] == "books"
    assert deleted == {"deleted": 1}
    assert missing.status_code == 500
    where = "documentStoreServices.getDocumentStoreById"
    text = f"Error: {where} - Error: {where} - Document store {store['id']} not found"
    assert (await missing.get_json())["message"] == text
    async with services.database.read() as connection:
        left = (await connection.exec_driver_sql("SELECT count(*) FROM document_store_file_chunk")).scalar()
    assert left == 0


async def test_a_store_of_another_workspace_is_not_there(
    admin: QuartClient, make_store: MakeStore, services: WebServices, upserts: Any
) -> None:
    store = await make_store()
    async with services.database.write() as connection:
        await connection.exec_driver_sql("UPDATE document_store SET workspaceId = ?", (UNKNOWN,))
    body = {"storeId": store["id"], "query": "x"}

    answers = [
        await admin.get(f"{API}/store/{store['id']}", headers=INTERNAL),
        await admin.delete(f"{API}/store/{store['id']}", headers=INTERNAL),
        await admin.get(f"{API}/chunks/{store['id']}/all/1", headers=INTERNAL),
        await admin.post(f"{API}/vectorstore/query", json=body, headers=INTERNAL),
        await admin.post(f"{API}/vectorstore/insert", json=body, headers=INTERNAL),
        await admin.post(f"{API}/upsert/{store['id']}", json={}, headers=INTERNAL),
        await admin.post(f"{API}/refresh/{store['id']}", json={}, headers=INTERNAL),
        await admin.get(f"{API}/store-configs/{store['id']}/x", headers=INTERNAL),
    ]

    assert [answer.status_code for answer in answers] == [500] * len(answers)
    assert upserts.requests == []


async def test_a_key_without_the_permission_is_refused(admin: QuartClient, anybody: QuartClient) -> None:
    made = await admin.post("/api/v1/apikey", json={"keyName": "views", "permissions": ["documentStores:view"]}, headers=INTERNAL)
    row = next(item for item in await made.get_json() if item["keyName"] == "views")
    key = {"Authorization": f"Bearer {row['apiKey']}"}

    seen = await anybody.get(f"{API}/store", headers=key)
    refused = await anybody.post(f"{API}/store", json={"name": "x"}, headers=key)

    assert (seen.status_code, refused.status_code) == (200, 403)


async def test_a_saved_loader_waits_to_be_processed(admin: QuartClient, make_store: MakeStore) -> None:
    store = await make_store()

    loader = await save_loader(admin, store, splitterId="characterTextSplitter", credential="c-1")
    again = await save_loader(admin, store, id=loader["id"], loaderName="Renamed")
    view = await (await admin.get(f"{API}/store/{store['id']}", headers=INTERNAL)).get_json()

    assert (loader["status"], loader["credential"]) == ("SYNCING", "c-1")
    assert "storeId" not in loader
    assert loader["source"] == "http://x"
    assert uuid.UUID(loader["id"])
    assert again["id"] == loader["id"]
    assert [(item["loaderName"], item["splitterId"], item["source"]) for item in view["loaders"]] == [
        ("Renamed", "characterTextSplitter", "http://x")
    ]
    assert view["status"] == "STALE"


@pytest.mark.parametrize("body", [{}, {"storeId": 1}, {"loaderId": "plainText"}])
async def test_a_loader_needs_a_store_and_a_component(admin: QuartClient, body: dict[str, Any]) -> None:
    answer = await admin.post(f"{API}/loader/save", json=body, headers=INTERNAL)

    assert answer.status_code == 400
    assert "storeId not provided" in (await answer.get_json())["message"]


async def test_chunks_are_paged_edited_and_deleted_with_their_totals(
    admin: QuartClient, make_store: MakeStore, services: WebServices
) -> None:
    store = await make_store(description="d")
    loader = await save_loader(admin, store)
    await put_chunks(services, store, loader, *(f"text {number:02}" for number in range(60)))
    path = f"{API}/chunks/{store['id']}"

    second = await (await admin.get(f"{path}/all/2", headers=INTERNAL)).get_json()
    chunk = second["chunks"][0]
    edit = {"pageContent": "longer text", "metadata": {"n": 2}}
    edited = await (await admin.put(f"{path}/{loader['id']}/{chunk['id']}", json=edit, headers=INTERNAL)).get_json()
    view = await (await admin.get(f"{API}/store/{store['id']}", headers=INTERNAL)).get_json()
    removed = await (await admin.delete(f"{path}/{loader['id']}/{chunk['id']}", headers=INTERNAL)).get_json()
    after = await (await admin.get(f"{API}/store/{store['id']}", headers=INTERNAL)).get_json()

    assert [item["chunkNo"] for item in second["chunks"]] == list(range(51, 61))
    assert json.loads(chunk["metadata"]) == {"n": 1}
    assert (second["count"], second["currentPage"], second["storeName"], second["description"]) == (60, 2, "papers", "d")
    assert (second["docId"], second["characters"], second["workspaceId"]) == ("all", 70, store["workspaceId"])
    assert (edited["currentPage"], edited["count"], edited["file"]["id"]) == (1, 60, loader["id"])
    assert (view["totalChunks"], view["totalChars"]) == (60, 60 * 7 + 4)
    assert removed["count"] == 59
    assert (after["totalChunks"], after["totalChars"]) == (59, 59 * 7)


async def test_a_chunk_that_is_not_there_is_told(admin: QuartClient, make_store: MakeStore) -> None:
    store = await make_store()
    loader = await save_loader(admin, store)

    answer = await admin.delete(f"{API}/chunks/{store['id']}/{loader['id']}/{UNKNOWN}", headers=INTERNAL)

    assert answer.status_code == 500
    assert f"Document chunk {UNKNOWN} not found" in (await answer.get_json())["message"]


async def test_a_deleted_loader_takes_its_chunks_and_files_along(admin: QuartClient, make_store: MakeStore, services: WebServices) -> None:
    store = await make_store()
    first, second = await save_loader(admin, store), await save_loader(admin, store)
    stores = DocumentStores(services.database, store["workspaceId"])
    for loader, names in ((first, ["a.txt", "both.txt"]), (second, ["both.txt"])):
        await put_chunks(services, store, loader, "one")
        await stores.change_loader(store["id"], loader["id"], {"files": [{"name": name} for name in names]})
    account = await (await admin.get(f"{API}/store/{store['id']}", headers=INTERNAL)).get_json()
    blobs = services.blobs.of_organization(await organization(services, store))
    for name in ("a.txt", "both.txt"):
        await blobs.write("docustore", store["id"], name, b"x", "text/plain")

    view = await (await admin.delete(f"{API}/loader/{store['id']}/{first['id']}", headers=INTERNAL)).get_json()

    assert len(account["loaders"]) == 2
    assert [loader["id"] for loader in view["loaders"]] == [second["id"]]
    assert (await stores.chunk_page(store["id"], "all", 1))["count"] == 1
    assert await blobs.delete("docustore", store["id"], "a.txt") is False
    assert await blobs.delete("docustore", store["id"], "both.txt") is True


async def organization(services: WebServices, store: dict[str, Any]) -> str:
    from flowisectl.web.workspace.organizations import organization_of

    return await organization_of(services.database, store["workspaceId"])


async def test_the_history_of_a_stores_upserts_is_shown_to_its_workspace(
    admin: QuartClient, make_store: MakeStore, services: WebServices
) -> None:
    store = await make_store()
    await insert_upsert_history(services.database, {"chatflowid": store["id"], "result": {"numAdded": 3}, "flowData": []})

    own = await (await admin.get(f"/api/v1/upsert-history/{store['id']}", headers=INTERNAL)).get_json()
    async with services.database.write() as connection:
        await connection.exec_driver_sql("UPDATE document_store SET workspaceId = ?", (UNKNOWN,))
    others = await (await admin.get(f"/api/v1/upsert-history/{store['id']}", headers=INTERNAL)).get_json()

    assert [row["result"] for row in own] == [{"numAdded": 3}]
    assert others == []


async def test_components_are_saved_strictly_or_laid_over(admin: QuartClient, make_store: MakeStore) -> None:
    store = await make_store(recordManagerConfig={"name": "old", "config": {}})
    body = {"storeId": store["id"], "vectorStoreName": "faiss", "vectorStoreConfig": {"basePath": "/x"}}

    updated = await (await admin.post(f"{API}/vectorstore/update", json=body, headers=INTERNAL)).get_json()
    saved = await (await admin.post(f"{API}/vectorstore/save", json=body, headers=INTERNAL)).get_json()

    assert json.loads(updated["vectorStoreConfig"]) == {"config": {"basePath": "/x"}, "name": "faiss"}
    assert json.loads(updated["recordManagerConfig"])["name"] == "old"
    assert saved["recordManagerConfig"] is None


@pytest.mark.parametrize(
    ("method", "path", "task", "options"),
    [
        ("POST", "/loader/preview", "preview", {}),
        ("POST", f"/loader/process/{UNKNOWN}", "process", {"loader_id": UNKNOWN}),
        ("POST", "/vectorstore/insert", "insert", {}),
        ("POST", "/vectorstore/query", "query", {}),
        ("POST", "/upsert/{id}", "upsert", {}),
        ("POST", "/refresh/{id}", "refresh", {}),
        ("POST", "/generate-tool-desc/{id}", "describe", {}),
    ],
)
async def test_what_needs_components_goes_to_the_lane_and_its_answer_is_forwarded(
    admin: QuartClient, make_store: MakeStore, upserts: Any, method: str, path: str, task: str, options: dict[str, Any]
) -> None:
    store = await make_store()
    upserts.outcome = UpsertResult(body=b'{ "n" : 1.0 }')

    answer = await admin.open(API + path.format(id=store["id"]), method=method, json={"storeId": store["id"], "a": 1}, headers=INTERNAL)

    request = upserts.requests[0]
    assert (answer.status_code, await answer.get_data()) == (200, b'{ "n" : 1.0 }')
    assert (request.task, request.target_id, request.options) == (task, store["id"], options)
    assert request.body == {"storeId": store["id"], "a": 1}
    assert request.workspace_id == store["workspaceId"]


async def test_erasing_vectors_answers_with_an_empty_body(admin: QuartClient, make_store: MakeStore, upserts: Any) -> None:
    store = await make_store()
    upserts.outcome = UpsertResult(body=b"null")

    answer = await admin.delete(f"{API}/vectorstore/{store['id']}?docId=d-1", headers=INTERNAL)

    assert (answer.status_code, await answer.get_data()) == (200, b"")
    assert (upserts.requests[0].task, upserts.requests[0].options) == ("erase", {"loader_id": "d-1"})


async def test_in_queue_mode_the_user_interface_gets_the_jobs_id_at_once_and_a_key_waits(
    services: WebServices, admin: QuartClient, make_store: MakeStore, upserts: Any
) -> None:
    store = await make_store()
    loader = await save_loader(admin, store)
    queued: Quart = create_app(replace(services, mode="queue"))
    client = queued.test_client()
    client.cookie_jar = admin.cookie_jar
    upserts.outcome = UpsertResult(error="must not be waited for", status=500)

    answer = await client.post(f"{API}/loader/process/{loader['id']}", json={"storeId": store["id"]}, headers=INTERNAL)

    assert await answer.get_json() == {"jobId": "job-2"}
    assert upserts.requests[0].options == {"loader_id": loader["id"]}


async def test_a_failed_task_names_its_service(admin: QuartClient, make_store: MakeStore, upserts: Any) -> None:
    store = await make_store()
    upserts.outcome = UpsertResult(error="no luck", error_kind="NodeError", status=500)

    answer = await admin.post(f"{API}/vectorstore/query", json={"storeId": store["id"], "query": "x"}, headers=INTERNAL)

    assert answer.status_code == 500
    assert (await answer.get_json())["message"] == "Error: documentStoreServices.queryVectorStore - no luck"


async def test_a_form_with_files_is_stored_with_the_store(
    admin: QuartClient, make_store: MakeStore, upserts: Any, services: WebServices
) -> None:
    store = await make_store()
    file = FileStorage(BytesIO(b"hello"), filename="a.txt", content_type="text/plain")

    answer = await admin.post(
        f"{API}/upsert/{store['id']}", form={"loader": '{"name":"textFile"}'}, files={"files": file}, headers=INTERNAL
    )

    request = upserts.requests[0]
    assert answer.status_code == 200, await answer.get_data(as_text=True)
    assert request.body == {"loader": '{"name":"textFile"}'}
    assert request.options == {"files": [{"name": "a.txt", "mimePrefix": "text/plain", "size": 5}]}
    assert await services.blobs.of_organization(request.organization_id).read("docustore", store["id"], "a.txt") == b"hello"


async def test_an_upsert_into_a_new_store_copies_the_components(
    admin: QuartClient, make_store: MakeStore, upserts: Any, services: WebServices
) -> None:
    store = await make_store(vectorStoreConfig={"name": "faiss", "config": {}}, embeddingConfig={"name": "e", "config": {}})
    body = {"createNewDocStore": "true", "docStore": '{"name": "fresh"}'}

    await admin.post(f"{API}/upsert/{store['id']}", json=body, headers=INTERNAL)
    refused = await admin.post(f"{API}/upsert/{store['id']}", json={"createNewDocStore": True}, headers=INTERNAL)

    request = upserts.requests[0]
    view = await (await admin.get(f"{API}/store/{request.target_id}", headers=INTERNAL)).get_json()
    assert request.options == {"source_id": store["id"]}
    assert (view["name"], view["vectorStoreConfig"]["name"], view["embeddingConfig"]["name"]) == ("fresh", "faiss", "e")
    assert refused.status_code == 400
    assert len(upserts.requests) == 1


async def test_components_and_their_settings_are_listed(services: WebServices, admin: QuartClient, make_store: MakeStore) -> None:
    store = await make_store(embeddingConfig={"name": "openAIEmbeddings", "config": {}})
    loader = await save_loader(admin, store, splitterId="recursiveCharacterTextSplitter")
    client = create_app(replace(services, catalogue=load_catalogue())).test_client()
    client.cookie_jar = admin.cookie_jar

    kinds = {}
    for kind in ("loaders", "embeddings", "vectorstore", "recordmanager"):
        listed = await (await client.get(f"{API}/components/{kind}", headers=INTERNAL)).get_json()
        kinds[kind] = {item["name"] for item in listed}
    settings = await (await client.get(f"{API}/store-configs/{store['id']}/{loader['id']}", headers=INTERNAL)).get_json()
    unknown = await client.get(f"{API}/components/spells", headers=INTERNAL)

    assert "plainText" in kinds["loaders"]
    assert "openAIEmbeddings" in kinds["embeddings"]
    assert "memoryVectorStore" not in kinds["vectorstore"]
    by_name = {(item["nodeId"], item["name"]): item["type"] for item in settings}
    assert by_name["plainText_0", "text"] == "string"
    assert by_name["recursiveCharacterTextSplitter_0", "chunkSize"] == "number"
    assert by_name["openAIEmbeddings_0", "openAIApiKey"] == "string"
    assert by_name["openAIEmbeddings_0", "encodingFormat"] == "float, base64"
    assert ("plainText_0", "textSplitter") not in by_name
    assert unknown.status_code == 400
