"""The vector side of a document store: its chunks are written, searched and erased in the vector store that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.database.document_store import component_of
from flowisectl.database.lookup import Row
from flowisectl.database.rows import json_value
from flowisectl.documents.component_trace import traced_component
from flowisectl.documents.loading import credential_of
from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import FlowNode
from flowisectl.engine.node import NodeDefinition, NodeInputs
from flowisectl.engine.upsert import STORE_OUTPUT
from flowisectl.engine.upsert_trace import shown_node
from flowisectl.errors import InvalidRequest
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.record_manager import RecordManager
from flowisectl.interfaces.vector_store import VectorStore

COLUMNS = {"vectorStore": "vectorStoreConfig", "embedding": "embeddingConfig", "recordManager": "recordManagerConfig"}


async def open_vector_store(
    row: Mapping[str, Any], context: RunContext, catalogue: NodeCatalogue, *, changes: Mapping[str, Any] | None = None
) -> VectorStore:
    """Build the vector store that a document store names, over its embeddings. `changes` are laid over its settings.

    Raises InvalidRequest when it is not configured or cannot be used, UnknownNode, FlowError.
    """
    store, embedding = component_of(row, COLUMNS["vectorStore"]), component_of(row, COLUMNS["embedding"])
    if store is None or embedding is None:
        missing = "vector store" if store is None else "embeddings"
        raise InvalidRequest(f"document store {row['id']} has no {missing} configured: choose one first")
    (name, config), (embedding_name, embedding_config) = store, embedding
    with traced_component(embedding_name, context):
        embeddings = await catalogue.build(
            embedding_name, embedding_config, context, node_id=f"{embedding_name}_0", credential_id=credential_of(embedding_config)
        )
    component = catalogue.get(name, node_id=f"{name}_0")
    credential_id = credential_of(config)
    inputs = NodeInputs(
        {**config, **(changes or {}), "embeddings": embeddings},
        node_id=f"{name}_0",
        label=component.definition.label,
        output=STORE_OUTPUT,
        credential=await context.credentials.fields(credential_id) if credential_id else None,
    )
    with traced_component(name, context):
        built = await component.build(inputs, context)
    if not isinstance(built, VectorStore):
        raise InvalidRequest(f"{name!r} is no vector store that can be written to and searched: choose another")
    return built


async def open_records(row: Mapping[str, Any], context: RunContext, catalogue: NodeCatalogue) -> RecordManager | None:
    """The record manager that a document store names, or None. Its namespace is the store's id unless its settings say otherwise."""
    configured = component_of(row, COLUMNS["recordManager"])
    if configured is None:
        return None
    name, config = configured
    with traced_component(name, context):
        records: RecordManager = await catalogue.build(name, config, context, node_id=f"{name}_0", credential_id=credential_of(config))
    return records


def to_documents(chunks: Sequence[Row]) -> list[Document]:
    """Chunks with text, as they are written: under their own ids, so that writing them again replaces them."""
    return [
        Document(page_content=chunk["pageContent"], metadata={**metadata_of(chunk), "docId": chunk["docId"]}, id=chunk["id"])
        for chunk in chunks
        if chunk["pageContent"]
    ]


def metadata_of(chunk: Mapping[str, Any]) -> dict[str, Any]:
    value = json_value(chunk["metadata"])
    return dict(value) if isinstance(value, Mapping) else {}


def shown_components(row: Mapping[str, Any], catalogue: NodeCatalogue) -> list[dict[str, Any]]:
    """The components that took part, as the history of upserts keeps them."""
    found = (component_of(row, column) for column in COLUMNS.values())
    return [shown_node(_as_node(catalogue.get(name).definition), config) for name, config in filter(None, found)]


def _as_node(definition: NodeDefinition) -> FlowNode:
    return FlowNode(
        id=f"{definition.name}_0",
        name=definition.name,
        label=definition.label,
        category=definition.category,
        inputs={},
        params={param.name: param.to_json() for param in definition.inputs},
        anchors={},
        output="",
        output_options=(),
        credential_id="",
        parent_id="",
        data={},
    )
