"""A document store from its loader to answers out of its vector store, with real components and rows."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from embedding_server import EmbeddingServer
from rag_flows import node

from flowisectl.database.attempt import Fence, overtake
from flowisectl.database.chat_flow import insert_flow
from flowisectl.database.document_store import change_store
from flowisectl.database.upsert_history import list_upsert_history
from flowisectl.documents.local import LocalUpserts
from flowisectl.documents.request import UpsertRequest, UpsertResult
from flowisectl.documents.runner import UpsertRunner
from flowisectl.documents.store import DocumentStores
from flowisectl.engine.events import NoEvents
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.runner import PredictionRunner
from flowisectl.runs.attempt import AttemptLost, OnlyAttempt
from flowisectl.runs.context import RunServices
from flowisectl.testing import NullTrace

WORKSPACE = "11111111-1111-4111-8111-111111111111"
TEXT = "One bridge is blue.\n\nTwo bridges are red."
CHUNKS = ["One bridge is blue.", "Two bridges are red."]


class Desk:
    """Asks for tasks of one store, as main does, and reads what they leave."""

    def __init__(self, services: RunServices, runner: UpsertRunner, store_id: str, components: dict[str, Any]) -> None:
        self.store_id = store_id
        self.components = components
        self.stores = DocumentStores(services.database, WORKSPACE)
        self.database = services.database
        self._upserts = LocalUpserts(runner, job_timeout_seconds=30)

    async def ask(self, task: str, body: Mapping[str, Any] | None = None, *, upsert_id: str = "", workspace: str = WORKSPACE,
                  **options: Any) -> UpsertResult:  # fmt: skip
        request = UpsertRequest(
            task=task,
            target_id=self.store_id,
            upsert_id=upsert_id or str(uuid.uuid4()),
            body=body or {},
            workspace_id=workspace,
            options=options,
        )
        return await (await self._upserts.submit(request)).result()

    async def answer(self, task: str, body: Mapping[str, Any] | None = None, **options: Any) -> Any:
        result = await self.ask(task, body, **options)
        assert result.error == ""
        return orjson.loads(result.body)

    async def save_loader(self, **changes: Any) -> str:
        loader = {"loaderId": "plainText", "loaderName": "Plain Text", "loaderConfig": {"text": TEXT, "metadata": {"topic": "bridges"}},
                  "splitterId": "recursiveCharacterTextSplitter", "splitterConfig": {"chunkSize": 25, "chunkOverlap": 0}}  # fmt: skip
        saved = await self.stores.save_loader(self.store_id, {**loader, **changes})
        return str(saved["id"])

    async def view(self) -> dict[str, Any]:
        return await self.stores.view(self.store_id)


@pytest.fixture
async def desk(services: RunServices, runner: UpsertRunner, embedding_server: EmbeddingServer, credential_id: str, tmp_path: Path) -> Desk:
    components = {
        "vectorStoreName": "faiss",
        "vectorStoreConfig": {"basePath": str(tmp_path / "index")},
        "embeddingName": "openAIEmbeddings",
        "embeddingConfig": {"credential": credential_id, "modelName": "m", "basepath": embedding_server.url},
    }
    row = await DocumentStores(services.database, WORKSPACE).create({"name": "bridges"})
    return Desk(services, runner, row["id"], components)


async def test_a_preview_gives_the_first_chunks_and_keeps_nothing(desk: Desk) -> None:
    file = "data:text/plain;base64," + base64.b64encode(TEXT.encode()).decode() + ",filename:bridges.txt"
    body = {
        "loaderId": "textFile",
        "loaderConfig": {"txtFile": file},
        "splitterId": "recursiveCharacterTextSplitter",
        "splitterConfig": {"chunkSize": 25, "chunkOverlap": 0},
        "previewChunkCount": 1,
    }

    preview = await desk.answer("preview", body)

    assert preview["totalChunks"] == 2
    assert preview["previewChunkCount"] == 1
    assert [chunk["pageContent"] for chunk in preview["chunks"]] == CHUNKS[:1]
    view = await desk.view()
    assert (view["status"], view["loaders"], view["totalChunks"]) == ("EMPTY", [], 0)


async def test_a_processed_loader_has_its_chunks_and_its_totals(desk: Desk) -> None:
    loader_id = await desk.save_loader()
    assert (await desk.view())["status"] == "STALE"

    page = await desk.answer("process", {}, loader_id=loader_id)

    assert [(chunk["chunkNo"], chunk["pageContent"]) for chunk in page["chunks"]] == [(1, CHUNKS[0]), (2, CHUNKS[1])]
    assert orjson.loads(page["chunks"][0]["metadata"])["topic"] == "bridges"
    assert (page["count"], page["currentPage"], page["storeName"], page["docId"]) == (2, 1, "bridges", loader_id)
    assert page["characters"] == sum(map(len, CHUNKS))
    view = await desk.view()
    assert (view["status"], view["totalChunks"], view["totalChars"]) == ("SYNC", 2, sum(map(len, CHUNKS)))


async def test_processing_again_replaces_the_chunks(desk: Desk) -> None:
    loader_id = await desk.save_loader()
    await desk.answer("process", {}, loader_id=loader_id)

    page = await desk.answer("process", {"loaderConfig": {"text": "Short."}}, loader_id=loader_id)

    assert [chunk["pageContent"] for chunk in page["chunks"]] == ["Short."]
    assert (await desk.view())["totalChunks"] == 1


async def test_a_file_in_the_settings_is_stored_and_named(desk: Desk, services: RunServices) -> None:
    file = "data:text/plain;base64," + base64.b64encode(b"hello").decode() + ",filename:a.txt"
    loader_id = await desk.save_loader(loaderId="textFile", loaderConfig={"txtFile": file}, splitterId="")

    page = await desk.answer("process", {}, loader_id=loader_id)

    loader = (await desk.view())["loaders"][0]
    assert [chunk["pageContent"] for chunk in page["chunks"]] == ["hello"]
    assert loader["loaderConfig"]["txtFile"] == 'FILE-STORAGE::["a.txt"]'
    assert loader["source"] == "a.txt"
    assert [(entry["name"], entry["size"], entry["status"]) for entry in loader["files"]] == [("a.txt", 5, "SYNC")]
    assert await services.blobs.of_organization("").read("docustore", desk.store_id, "a.txt") == b"hello"


async def test_a_file_whose_name_does_not_fit_its_type_is_refused(desk: Desk) -> None:
    loader_id = await desk.save_loader(loaderId="textFile", loaderConfig={"txtFile": "data:text/plain;base64,SGk=,filename:a.pdf"})

    result = await desk.ask("process", {}, loader_id=loader_id)

    assert "MIME type mismatch" in result.error
    assert (await desk.view())["loaders"][0]["status"] == "STALE"


async def test_a_loader_that_fails_is_marked_and_its_old_chunks_stay(desk: Desk) -> None:
    loader_id = await desk.save_loader()
    await desk.answer("process", {}, loader_id=loader_id)

    result = await desk.ask("process", {"splitterConfig": {"chunkSize": 5, "chunkOverlap": 9}}, loader_id=loader_id)

    assert result.status == 500
    assert "chunkOverlap" in result.error
    view = await desk.view()
    assert (view["status"], view["loaders"][0]["status"]) == ("STALE", "STALE")
    assert (await desk.stores.chunk_page(desk.store_id, loader_id, 1))["count"] == 2


async def test_chunks_are_written_found_and_erased(desk: Desk, embedding_server: EmbeddingServer) -> None:
    loader_id = await desk.save_loader()
    await desk.answer("process", {}, loader_id=loader_id)

    inserted = await desk.answer("insert", {**desk.components, "storeId": desk.store_id})
    found = await desk.answer("query", {"query": CHUNKS[1], "inputs": {"topK": 1}})
    erased = await desk.ask("erase")
    after = await desk.ask("query", {"query": CHUNKS[1]})

    assert inserted["numAdded"] == 2
    assert [document["metadata"]["docId"] for document in inserted["addedDocs"]] == [loader_id] * 2
    assert embedding_server.texts[0] == CHUNKS
    assert (await desk.view())["status"] == "UPSERTED"
    assert [(hit["pageContent"], hit["chunkNo"]) for hit in found["docs"]] == [(CHUNKS[1], 2)]
    assert found["docs"][0]["id"]
    assert isinstance(found["timeTaken"], int)
    assert erased.body == b"null"
    assert after.is_ok and orjson.loads(after.body)["docs"] == []
    history = await list_upsert_history(desk.database, desk.store_id)
    assert history[0]["result"] == {"numAdded": 2}
    assert [entry["name"] for entry in history[0]["flowData"]] == ["faiss", "openAIEmbeddings"]


async def test_a_found_text_that_is_no_chunk_any_more_has_no_number(desk: Desk) -> None:
    loader_id = await desk.save_loader()
    await desk.answer("process", {}, loader_id=loader_id)
    await desk.answer("insert", desk.components)
    await desk.answer("process", {"loaderConfig": {"text": "Other."}}, loader_id=loader_id)

    found = await desk.answer("query", {"query": CHUNKS[0]})

    assert {hit["chunkNo"] for hit in found["docs"]} == {-1}


async def test_a_failed_write_leaves_the_stores_status_as_it_was(desk: Desk, embedding_server: EmbeddingServer) -> None:
    loader_id = await desk.save_loader()
    await desk.answer("process", {}, loader_id=loader_id)
    embedding_server.status = 400

    result = await desk.ask("insert", desk.components)

    assert "no vectors today" in result.error
    assert (await desk.view())["status"] == "SYNC"
    assert await list_upsert_history(desk.database, desk.store_id) == []


async def test_a_new_loader_is_loaded_and_written_in_one_call(desk: Desk) -> None:
    await desk.stores.save_components(desk.store_id, desk.components, is_strict=True)

    answer = await desk.answer("upsert", {"loader": {"name": "plainText", "config": {"text": "Hi."}}, "metadata": '{"from": "api"}'})

    loader = (await desk.view())["loaders"][0]
    assert answer["numAdded"] == 1
    assert answer["addedDocs"][0]["metadata"] == {"from": "api", "docId": answer["docId"]}
    assert (loader["id"], loader["status"], loader["totalChunks"]) == (answer["docId"], "SYNC", 1)


async def test_an_upsert_that_runs_twice_makes_one_loader_and_one_history_row(desk: Desk) -> None:
    await desk.stores.save_components(desk.store_id, desk.components, is_strict=True)
    body = {"loader": {"name": "plainText", "config": {"text": "Hi."}}}
    upsert_id = str(uuid.uuid4())

    answers = [await desk.answer("upsert", body, upsert_id=upsert_id) for _ in range(2)]

    assert answers[0]["docId"] == answers[1]["docId"]
    assert len((await desk.view())["loaders"]) == 1
    assert len(await list_upsert_history(desk.database, desk.store_id)) == 1


async def test_what_a_new_loader_is_called_are_the_labels_of_its_parts(desk: Desk) -> None:
    await desk.stores.save_components(desk.store_id, desk.components, is_strict=True)
    body = {"loader": {"name": "plainText", "config": {"text": TEXT}}, "splitter": {"name": "recursiveCharacterTextSplitter"}}

    await desk.answer("upsert", body)

    loader = (await desk.view())["loaders"][0]
    assert (loader["loaderName"], loader["splitterName"]) == ("Plain Text", "Recursive Character Text Splitter")


async def test_a_store_keeps_its_status_when_its_last_loader_goes(desk: Desk, services: RunServices) -> None:
    loader_id = await desk.save_loader()
    await desk.answer("process", {}, loader_id=loader_id)
    before = (await desk.view())["status"]

    after = await desk.stores.delete_loader(desk.store_id, loader_id, services.blobs.of_organization(""))

    assert (before, after["status"], after["loaders"]) == ("SYNC", "SYNC", [])


async def test_a_known_loader_is_copied_with_changes_or_replaced(desk: Desk) -> None:
    await desk.stores.save_components(desk.store_id, desk.components, is_strict=True)
    loader_id = await desk.save_loader()
    changes = {"docId": loader_id, "loader": '{"config": {"text": "New text."}}'}

    copied = await desk.answer("upsert", changes)
    replaced = await desk.answer("upsert", {**changes, "replaceExisting": "true"})

    loaders = (await desk.view())["loaders"]
    assert copied["docId"] != loader_id
    assert replaced["docId"] == loader_id
    assert [loader["id"] for loader in loaders] == [loader_id, copied["docId"]]
    assert [loader["loaderConfig"]["text"] for loader in loaders] == ["New text.", "New text."]
    assert loaders[0]["loaderConfig"]["metadata"] == {"topic": "bridges"}


async def test_a_loader_is_copied_into_another_store(desk: Desk, services: RunServices, runner: UpsertRunner) -> None:
    await desk.stores.save_components(desk.store_id, desk.components, is_strict=True)
    loader_id = await desk.save_loader()
    source = await desk.stores.row(desk.store_id)
    columns = {name: source[name] for name in ("vectorStoreConfig", "embeddingConfig")}
    other = Desk(services, runner, (await desk.stores.create({"name": "other", **columns}))["id"], desk.components)

    answer = await other.answer("upsert", {"docId": loader_id}, source_id=desk.store_id)

    loaders = (await other.view())["loaders"]
    assert answer["numAdded"] == 2
    assert [(loader["id"], loader["loaderName"]) for loader in loaders] == [(answer["docId"], "Plain Text")]
    assert answer["docId"] != loader_id


async def test_uploaded_files_go_to_the_loaders_input(desk: Desk, services: RunServices) -> None:
    await desk.stores.save_components(desk.store_id, desk.components, is_strict=True)
    await services.blobs.of_organization("").write("docustore", desk.store_id, "a.txt", b"from a file", "text/plain")
    body = {"loader": {"name": "textFile", "config": {}}}

    answer = await desk.answer("upsert", body, files=[{"name": "a.txt", "mimePrefix": "text/plain", "size": 11}])

    assert answer["addedDocs"][0]["pageContent"] == "from a file"


async def test_a_refresh_loads_every_loader_again_and_answers_for_each(desk: Desk) -> None:
    await desk.stores.save_components(desk.store_id, desk.components, is_strict=True)
    first, second = await desk.save_loader(), await desk.save_loader(loaderConfig={"text": "Second."}, splitterId="")

    all_of_them = await desk.answer("refresh")
    one = await desk.answer("refresh", {"items": [{"docId": second, "loader": {"config": {"text": "Changed."}}}]})

    assert [answer["docId"] for answer in all_of_them] == [first, second]
    assert [document["pageContent"] for document in one[0]["addedDocs"]] == ["Changed."]
    assert [loader["status"] for loader in (await desk.view())["loaders"]] == ["SYNC", "SYNC"]


@pytest.mark.parametrize(
    ("task", "body", "options", "text"),
    [
        ("process", {}, {"loader_id": "22222222-2222-4222-8222-222222222222"}, "Document loader 22222222"),
        ("insert", {}, {}, "has no vector store configured"),
        ("query", {"query": "x"}, {}, "has no vector store configured"),
        ("query", {}, {}, "query not provided"),
        ("upsert", {}, {}, "loader not provided"),
        ("upsert", {"loader": "[]"}, {}, "loader must be an object"),
        ("upsert", {"docId": "x"}, {}, "Document loader x not found"),
        ("upsert", {"loader": {"name": "plainText"}}, {}, "vectorStore not provided"),
        ("preview", {"loaderId": "chatOpenAI"}, {}, ""),
        ("preview", {"loaderId": "nobody"}, {}, "'nobody'"),
        ("describe", {}, {}, "selectedChatModel not provided"),
        ("describe", {"selectedChatModel": {"name": "chatOpenAI"}}, {}, "has no chunks"),
        ("dance", {}, {}, "'dance'"),
    ],
)
async def test_what_cannot_be_done_says_why(desk: Desk, task: str, body: dict[str, Any], options: dict[str, Any], text: str) -> None:
    result = await desk.ask(task, body, **options)

    assert result.status == 500
    assert text in result.error
    assert result.error


async def test_a_chat_model_describes_the_store(desk: Desk, embedding_server: EmbeddingServer) -> None:
    loader_id = await desk.save_loader()
    await desk.answer("process", {}, loader_id=loader_id)
    credential = desk.components["embeddingConfig"]["credential"]
    inputs = {"credential": credential, "modelName": "m", "streaming": False, "basepath": embedding_server.url}

    answer = await desk.answer("describe", {"selectedChatModel": {"name": "chatOpenAI", "inputs": inputs}})

    assert answer == {"content": "Finds bridges."}
    assert embedding_server.chats[0].endswith("\n".join(CHUNKS))


async def test_a_store_of_another_workspace_is_not_there(desk: Desk) -> None:
    result = await desk.ask("refresh", workspace="22222222-2222-4222-8222-222222222222")

    assert result.error == f"Document store {desk.store_id} not found"


async def test_two_changes_of_one_store_at_the_same_time_are_both_kept(desk: Desk) -> None:
    saved = await asyncio.gather(*(desk.save_loader(loaderName=f"loader {number}") for number in range(20)))

    names = {loader["loaderName"] for loader in (await desk.view())["loaders"]}
    assert len(set(saved)) == 20
    assert names == {f"loader {number}" for number in range(20)}


async def test_a_change_that_raises_changes_nothing(desk: Desk) -> None:
    def refuse(row: Mapping[str, Any]) -> Mapping[str, Any]:
        raise LookupError("no")

    with pytest.raises(LookupError):
        await change_store(desk.database, desk.store_id, refuse)

    assert (await desk.view())["status"] == "EMPTY"


async def test_a_flow_answers_out_of_the_store(desk: Desk, services: RunServices, predictions: PredictionRunner) -> None:
    loader_id = await desk.save_loader()
    await desk.answer("process", {}, loader_id=loader_id)
    await desk.answer("insert", desk.components)
    code = "return $found.trim()"
    nodes = [
        node("store_0", "documentStoreVS", "Vector Stores", output="vectorStore", selectedStore=desk.store_id),
        node("found_0", "vectorStoreToDocument", "Document Loaders", output="text", vectorStore="{{store_0.data.instance}}",
             query=CHUNKS[1]),
        node("end_0", "customFunction", "Utilities", output="EndingNode", javascriptFunction=code,
             functionInputVariables={"found": "{{found_0.data.instance}}"}),
    ]  # fmt: skip
    pairs = [("store_0", "found_0"), ("found_0", "end_0")]
    edges = [{"id": f"{a}-{b}", "source": a, "target": b, "sourceHandle": f"{a}-output", "targetHandle": b} for a, b in pairs]
    data = orjson.dumps({"nodes": nodes, "edges": edges}).decode()
    row = await insert_flow(services.database, {"name": "f", "type": "CHATFLOW", "flowData": data, "workspaceId": WORKSPACE})
    prediction = PredictionRequest(
        flow_id=row["id"], flow_version=row["updatedDate"], chat_id="c", message_id=str(uuid.uuid4()), body={"question": "?"},
        workspace_id=WORKSPACE,
    )  # fmt: skip

    result = await predictions.run(prediction, NoEvents(), NullTrace())

    assert result.error == ""
    assert orjson.loads(result.body)["text"].startswith(CHUNKS[1])


class Frozen(OnlyAttempt):
    """A run that asked whether it counts and was told yes; then its worker stood still."""

    def __init__(self, fence: Fence) -> None:
        self.fence = fence


@pytest.mark.parametrize(("task", "names_loader"), [("process", True), ("insert", False), ("upsert", False), ("refresh", False)])
async def test_a_run_that_was_overtaken_writes_nothing_into_a_store(
    desk: Desk, services: RunServices, runner: UpsertRunner, task: str, names_loader: bool
) -> None:
    loader_id = await desk.save_loader()
    await desk.answer("process", loader_id=loader_id)
    await desk.answer("insert", desk.components)
    request = UpsertRequest(
        task=task,
        target_id=desk.store_id,
        upsert_id=str(uuid.uuid4()),
        body={"docId": loader_id, **desk.components, "loader": {"config": {"text": "something else"}}},
        workspace_id=WORKSPACE,
        options={"loader_id": loader_id} if names_loader else {},
    )
    before, history = await desk.view(), await list_upsert_history(services.database, desk.store_id)
    await overtake(services.database, Fence(request.upsert_id, 2))

    with pytest.raises(AttemptLost):
        await runner.run(request, NullTrace(), Frozen(Fence(request.upsert_id, 1)))

    assert await desk.view() == before
    assert [chunk["pageContent"] for chunk in (await desk.stores.chunk_page(desk.store_id, "all", 1))["chunks"]] == CHUNKS
    assert await list_upsert_history(services.database, desk.store_id) == history
