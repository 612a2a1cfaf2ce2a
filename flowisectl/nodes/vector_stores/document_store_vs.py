"""A document store's own vector store, with the settings that are saved there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.errors import FlowisectlError, InvalidFlow, NotFound
from flowisectl.interfaces.document import Document
from flowisectl.retrieval.store_retriever import SearchableStore, StoreRetriever

CREDENTIAL = "credential"


class DocumentStoreVS(Node):
    definition = NodeDefinition(
        name="documentStoreVS",
        label="Document Store (Vector)",
        category="Vector Stores",
        version=1.0,
        base_classes=("DocumentStoreVS",),
        description="Finds documents in the vector store of a document store",
        inputs=(NodeParam("selectedStore", "Select Store", "asyncOptions", load_method="listStores"),),
        outputs=(NodeOutput("retriever", "Retriever", ("BaseRetriever",)), NodeOutput("vectorStore", "Vector Store", ("VectorStore",))),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> SearchableStore | StoreRetriever:
        store_id = str(inputs.require("selectedStore"))
        try:
            components = await context.document_stores.components(store_id)
        except NotFound as error:
            return _chosen(MissingStore(error), inputs)
        if components.vector_store is None or components.embeddings is None:
            unready = InvalidFlow(f"document store {store_id} has no vector store yet: configure one there and write its documents")
            return _chosen(MissingStore(unready), inputs)
        (name, config), (embeddings_name, embeddings_config) = components.vector_store, components.embeddings
        embeddings = await context.nodes.build(
            embeddings_name,
            embeddings_config,
            context,
            node_id=inputs.node_id,
            credential_id=str(embeddings_config.get(CREDENTIAL) or ""),
        )
        values = {**config, "embeddings": embeddings}
        built = await context.nodes.build(name, values, context, node_id=inputs.node_id, credential_id=str(config.get(CREDENTIAL) or ""))
        if not isinstance(built, StoreRetriever):
            raise InvalidFlow(f"{name!r}, the vector store of document store {store_id}, cannot be searched: choose another there")
        return built.store if inputs.output == "vectorStore" else built


class MissingStore:
    """A store that cannot be searched. An agent that has it as a tool answers all the same, as long as it does not look there."""

    def __init__(self, error: FlowisectlError) -> None:
        self._error = error

    async def search(self, question: str, count: int, conditions: Mapping[str, Any] | None = None) -> list[tuple[Document, float]]:
        """Raises what is wrong with the store."""
        raise self._error


def _chosen(store: MissingStore, inputs: NodeInputs) -> SearchableStore | StoreRetriever:
    return store if inputs.output == "vectorStore" else StoreRetriever(store, 0)
