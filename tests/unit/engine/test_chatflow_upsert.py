"""Filling a flow's vector store, with nodes that are Python functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from chatflow_building import FlowBuilder, catalogue_of, instance, permissions
from record_doubles import ListRecords

from flowisectl.engine.branch import Branch
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext, RunRequest
from flowisectl.engine.flow import Flow
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.upsert import UpsertOutcome, target_store, upsert_flow, writable
from flowisectl.engine.upsert_trace import file_names
from flowisectl.errors import FlowisectlError, InvalidFlow, InvalidRequest, NodeError, NotFound, UnknownNode
from flowisectl.interfaces.document import Document
from flowisectl.testing import RecordingTrace, run_context


class ListStore:
    """Keeps what is added, in the order of the writes."""

    def __init__(self) -> None:
        self.documents: list[Document] = []

    async def add(self, documents: Sequence[Document]) -> None:
        self.documents += documents

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        return []


STORE = ListStore()


def build_store(inputs: NodeInputs, context: RunContext) -> Any:
    context.shared["store inputs"] = dict(inputs.values)
    context.shared["store output"] = inputs.output
    return STORE


def load(inputs: NodeInputs, context: RunContext) -> list[Document]:
    context.shared.setdefault("built", []).append(inputs.node_id)
    return [Document(page_content=text) for text in inputs.text("text").split("|")]


def branch(inputs: NodeInputs, context: RunContext) -> Branch:
    return Branch(value="on", dead_output="returnFalse")


CATALOGUE = catalogue_of(
    store=(build_store, None), loader=(load, None), chain=(load, None), fork=(branch, None), text=(lambda inputs, context: 7, None)
)


@pytest.fixture(autouse=True)
def empty_store() -> None:
    STORE.documents.clear()


def small_flow(**store_inputs: Any) -> FlowBuilder:
    return (
        FlowBuilder()
        .node("loader_0", "loader", "Document Loaders", label="Texts", text="one||two", secret="")
        .node("store_0", "store", "Vector Stores", document=[instance("loader_0")], **store_inputs)
        .node("chain_0", "chain", "Chains", retriever=instance("store_0"))
    )


async def fill(flow: Flow, catalogue: NodeCatalogue = CATALOGUE, stop_node_id: str = "", **context: Any) -> UpsertOutcome:
    return await upsert_flow(flow, run_context(**context), catalogue, stop_node_id=stop_node_id)


async def test_documents_with_text_are_written_and_told_without_ids() -> None:
    shared: dict[str, Any] = {}

    outcome = await fill(small_flow().flow(), shared=shared)

    assert [document.page_content for document in STORE.documents] == ["one", "two"]
    assert outcome.to_json() == {
        "numAdded": 2,
        "addedDocs": [{"pageContent": "one", "metadata": {}}, {"pageContent": "two", "metadata": {}}],
    }
    assert shared["built"] == ["loader_0"]
    assert shared["store output"] == "vectorStore"
    assert "document" not in shared["store inputs"]


async def test_the_same_write_twice_has_the_same_ids_and_another_write_has_others() -> None:
    for message_id in ("write-1", "write-1", "write-2"):
        await fill(small_flow().flow(), message_id=message_id)

    ids = [document.id for document in STORE.documents]
    assert ids[:2] == ids[2:4]
    assert len(set(ids)) == 4


async def test_the_history_keeps_the_settings_of_every_node_that_took_part_after_overrides() -> None:
    builder = small_flow(topK="4", embeddings="{{missing}}")
    builder.nodes[0]["data"]["inputParams"] = [
        {"name": "text", "label": "Text", "type": "string"},
        {"name": "secret", "label": "Secret", "type": "password"},
        {"name": "txtFile", "label": "File", "type": "file"},
    ]
    builder.nodes[0]["data"]["inputs"] |= {"secret": "hidden", "txtFile": "data:text/plain;base64,SGk=,filename:hi.txt"}
    flow = builder.flow(api_config=permissions({"Texts": ["text"]}))
    request = RunRequest(override_config={"text": "three"})

    outcome = await fill(flow, request=request)

    assert outcome.visited == [
        {
            "label": "Texts",
            "name": "loader",
            "category": "Document Loaders",
            "id": "loader_0",
            "paramValues": [
                {"label": "Text", "name": "text", "type": "string", "value": "three"},
                {"label": "File", "name": "txtFile", "type": "file", "value": "hi.txt"},
            ],
        },
        {
            "label": "store",
            "name": "store",
            "category": "Vector Stores",
            "id": "store_0",
            # the list of connections is shown by the canvas as it is, a single reference is not
            "paramValues": [
                {"label": None, "name": "document", "type": "string", "value": ["{{loader_0.data.instance}}"]},
                {"label": None, "name": "topK", "type": "string", "value": "4"},
            ],
        },
    ]


async def test_documents_of_a_store_with_file_upload_carry_their_chat() -> None:
    await fill(small_flow(fileUpload=True).flow(), chat_id="chat-7")
    await fill(small_flow().flow(), chat_id="chat-7")

    assert [document.metadata for document in STORE.documents] == [{"flowise_chatId": "chat-7"}] * 2 + [{}] * 2


async def test_a_dead_branch_is_neither_loaded_nor_told() -> None:
    flow = (
        FlowBuilder()
        .node("fork_0", "fork", "Utilities")
        .node("loader_0", "loader", "Document Loaders", text="live")
        .node("loader_1", "loader", "Document Loaders", text="dead")
        .edge("fork_0", "loader_0", "returnTrue")
        .edge("fork_0", "loader_1", "returnFalse")
        .node("store_0", "store", "Vector Stores", document=[instance("loader_0"), instance("loader_1")])
        .flow()
    )

    outcome = await fill(flow)

    assert [document.page_content for document in STORE.documents] == ["live"]
    assert [node["id"] for node in outcome.visited] == ["fork_0", "loader_0", "store_0"]


def stores(*uploads: bool) -> Flow:
    builder = FlowBuilder()
    for index, upload in enumerate(uploads):
        builder.node(f"store_{index}", "store", "Vector Stores", fileUpload=upload)
    return builder.node("chain_0", "chain", "Chains").flow()


@pytest.mark.parametrize(
    ("flow", "stop_node_id", "chosen"),
    [
        (stores(False), "", "store_0"),
        (stores(False, True, False), "", "store_1"),
        (stores(False, False), "store_1", "store_1"),
        (stores(True, False), "store_1", "store_1"),
    ],
)
def test_the_store_is_the_named_one_the_uploading_one_or_the_only_one(flow: Flow, stop_node_id: str, chosen: str) -> None:
    assert target_store(flow, stop_node_id).id == chosen


@pytest.mark.parametrize(
    ("flow", "stop_node_id", "error", "text"),
    [
        (stores(), "", NotFound, "No vector node found"),
        (stores(False, False), "", InvalidRequest, "There are multiple vector nodes, please provide stopNodeId in body request"),
        (stores(True, True), "", InvalidFlow, "file upload"),
        (stores(True, True), "store_0", InvalidFlow, "file upload"),
        (stores(False), "store_9", InvalidRequest, "'store_9' is no vector store"),
        (stores(False), "chain_0", InvalidRequest, "'chain_0' is no vector store"),
    ],
)
def test_a_store_that_cannot_be_chosen_is_an_error(flow: Flow, stop_node_id: str, error: type[FlowisectlError], text: str) -> None:
    with pytest.raises(error, match=text):
        target_store(flow, stop_node_id)


async def test_a_node_that_gives_no_store_is_an_error_that_names_it() -> None:
    flow = FlowBuilder().node("text_0", "text", "Vector Stores").flow()

    with pytest.raises(NodeError, match=r"node 'text_0' .* cannot be written to") as failure:
        await fill(flow)

    assert failure.value.message.startswith("Error: ")


async def test_a_record_manager_is_asked_and_counted() -> None:
    flow = (
        FlowBuilder()
        .node("loader_0", "loader", "Document Loaders", text="one|two")
        .node("records_0", "records", "Record Manager")
        .node("store_0", "store", "Vector Stores", document=[instance("loader_0")], recordManager=instance("records_0"))
        .flow()
    )
    records = ListRecords()
    catalogue = catalogue_of(store=(build_store, None), loader=(load, None), records=(lambda inputs, context: records, None))

    first = await fill(flow, catalogue)
    second = await fill(flow, catalogue)

    assert first.to_json() == {
        "numAdded": 2,
        "numDeleted": 0,
        "numUpdated": 0,
        "numSkipped": 0,
        "totalKeys": 2,
        "addedDocs": [{"pageContent": "one", "metadata": {}}, {"pageContent": "two", "metadata": {}}],
    }
    assert second.counts == {"numAdded": 0, "numDeleted": 0, "numUpdated": 0, "numSkipped": 2}
    assert len(STORE.documents) == 2


async def test_an_unknown_ancestor_is_named_and_nothing_is_written() -> None:
    flow = FlowBuilder().node("x_0", "nobody", "Embeddings").node("store_0", "store", "Vector Stores", embeddings=instance("x_0")).flow()

    with pytest.raises(UnknownNode, match="'nobody'"):
        await fill(flow)

    assert STORE.documents == []


async def test_the_trace_shows_the_store_as_well() -> None:
    trace = RecordingTrace()

    await fill(small_flow().flow(), trace=trace)

    assert trace.lines == [("start", "loader_0"), ("end", "loader_0", "FINISHED"), ("start", "store_0"), ("end", "store_0", "FINISHED")]


def test_a_document_with_an_id_of_its_own_keeps_it_and_texts_without_content_are_left_out() -> None:
    documents = [Document(page_content="a", id="own"), Document(page_content=""), "no document", Document(page_content="b")]

    kept = writable(documents, write_id="w")

    assert [document.page_content for document in kept] == ["a", "b"]
    assert kept[0].id == "own"
    assert kept[1].id


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ('FILE-STORAGE::["a.pdf","b c.pdf"]', "a.pdf, b c.pdf"),
        ("FILE-STORAGE::a.pdf", "a.pdf"),
        ("data:text/plain;base64,SGk=,filename:hi.txt", "hi.txt"),
        ('["data:a/b;base64,SGk=,filename:1.txt","data:a/b;base64,SGk=,filename:2.txt"]', "1.txt, 2.txt"),
        ("[broken", ""),
    ],
)
def test_files_are_told_by_their_names(value: str, names: str) -> None:
    assert file_names(value) == names
