"""A document store's own vector store, with the settings that are saved there."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.errors import InvalidFlow
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
        components = await context.document_stores.components(store_id)
        if components.vector_store is None or components.embeddings is None:
            raise InvalidFlow(f"document store {store_id} has no vector store yet: configure one there and write its documents")
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
