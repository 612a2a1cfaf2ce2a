"""Fills the vector store of a chatflow: builds what the store needs, loads the documents, writes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flowisectl.engine.building import ChatflowRun
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.indexing import IndexResult, indexed, name_records
from flowisectl.engine.node import NodeInputs
from flowisectl.engine.overrides import overridden_inputs
from flowisectl.engine.plan import plan_towards
from flowisectl.engine.upsert_trace import shown_node
from flowisectl.errors import InvalidFlow, InvalidRequest, NotFound
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.record_manager import RecordManager
from flowisectl.interfaces.vector_index import CHAT_KEY
from flowisectl.interfaces.vector_store import VectorStore

CATEGORY = "Vector Stores"
STORE_OUTPUT = "vectorStore"
"""The output of a store node that gives the store itself."""

SEVERAL_STORES = "There are multiple vector nodes, please provide stopNodeId in body request"
NO_STORE = "No vector node found"


@dataclass(frozen=True, kw_only=True)
class UpsertOutcome:
    """What filling a store leaves behind."""

    added: Sequence[Document]
    visited: Sequence[Mapping[str, Any]] = ()
    """One entry for each node that took part, in order, as `upsert_history.flowData` keeps them."""
    indexed: IndexResult | None = None
    """What a record manager counted."""

    @property
    def counts(self) -> dict[str, int]:
        """What the history keeps: `{numAdded}`, with a record manager `{numAdded, numDeleted, numUpdated, numSkipped}`."""
        if self.indexed is None:
            return {"numAdded": len(self.added)}
        # Documents are known by their hashes, so a changed one is a new one and none is ever updated.
        return {"numAdded": len(self.added), "numDeleted": self.indexed.deleted, "numUpdated": 0, "numSkipped": self.indexed.skipped}

    def to_json(self) -> dict[str, Any]:
        """The counts, with a record manager `totalKeys`, and `addedDocs: [{pageContent, metadata}]`.

        The documents' ids are those of this write, clients do not get them.
        """
        total = {} if self.indexed is None else {"totalKeys": self.indexed.total}
        return {**self.counts, **total, "addedDocs": [replace(document, id=None).to_json() for document in self.added]}


async def fill_store(store: VectorStore, documents: Sequence[Document], records: RecordManager | None) -> UpsertOutcome:
    """Write documents, by way of a record manager when there is one. Raises InvalidFlow, ProviderError, Unavailable."""
    if records is None:
        await store.add(documents)
        return UpsertOutcome(added=documents)
    name_records(records, store)
    result = await indexed(documents, store, records)
    return UpsertOutcome(added=result.added, indexed=result)


async def upsert_flow(flow: Flow, context: RunContext, catalogue: NodeCatalogue, *, stop_node_id: str = "") -> UpsertOutcome:
    """Fill one vector store of a flow. `context.message_id` names this write: with equal documents it gives equal ids.

    Raises NotFound, InvalidRequest and InvalidFlow when no store can be chosen, NodeError, UnknownNode, Unavailable.
    """
    target = target_store(flow, stop_node_id)
    plan = plan_towards(flow, [target], fills_stores=True)
    run = ChatflowRun(flow, plan, context, catalogue)
    await run.build()
    component = catalogue.get(target.name, node_id=target.id, flow_id=flow.id)
    async with run.traced(target, "Error: "):
        inputs = await run.inputs_of(target)
        store = await component.build(without_documents(inputs), context)
        if not isinstance(store, VectorStore):
            raise InvalidFlow(f"node {target.id!r} ({target.label}) cannot be written to by an upsert: choose another vector store")
        chat_id = context.chat_id if inputs.flag("fileUpload") else ""
        documents = writable(inputs.items("document"), write_id=context.message_id, chat_id=chat_id)
        outcome = await fill_store(store, documents, inputs.get("recordManager"))
    overrides = context.request.override_config
    visited = [node for node in plan.order if node.id in run.instances or node.id == target.id]
    return replace(outcome, visited=[shown_node(node, overridden_inputs(flow, node, overrides)) for node in visited])


def target_store(flow: Flow, stop_node_id: str) -> FlowNode:
    """The store to fill: the one that was asked for, the one that takes uploaded files, or the only one.

    Raises InvalidRequest, InvalidFlow and NotFound, with the texts that clients know.
    """
    stores = [node for node in flow.nodes if node.category == CATEGORY]
    uploading = [node for node in stores if node.inputs.get("fileUpload")]
    if len(uploading) > 1:
        raise InvalidFlow("Multiple vector nodes have file upload turned on: leave it on in one of them")
    if stop_node_id:
        return _named_store(flow, stop_node_id)
    if uploading:
        return uploading[0]
    if len(stores) > 1:
        raise InvalidRequest(SEVERAL_STORES)
    if not stores:
        raise NotFound(NO_STORE)
    return stores[0]


def _named_store(flow: Flow, node_id: str) -> FlowNode:
    node = flow.by_id.get(node_id)
    if node is None or node.category != CATEGORY:
        raise InvalidRequest(f"stopNodeId {node_id!r} is no vector store of flow {flow.id}: name a node of the category {CATEGORY}")
    return node


def without_documents(inputs: NodeInputs) -> NodeInputs:
    """The inputs of a store node that shall give the store itself and write nothing by itself."""
    values = {name: value for name, value in inputs.values.items() if name != "document"}
    return NodeInputs(values, node_id=inputs.node_id, label=inputs.label, output=STORE_OUTPUT, credential=inputs.credential)


def writable(documents: Iterable[Any], *, write_id: str, chat_id: str = "") -> list[Document]:
    """The documents with text, each with an id that follows from `write_id` and its place.

    So a write that runs twice, because its worker was lost, replaces what it wrote the first time in stores with ids.
    """
    kept = [document for document in documents if isinstance(document, Document) and document.page_content]
    if chat_id:
        kept = [replace(document, metadata={**document.metadata, CHAT_KEY: chat_id}) for document in kept]
    return [
        document if document.id else replace(document, id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{write_id}/{place}")))
        for place, document in enumerate(kept)
    ]
