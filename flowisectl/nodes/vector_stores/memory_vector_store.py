"""Documents that are embedded anew for every run."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.vector_stores._params import DOCUMENT, EMBEDDINGS, outputs
from flowisectl.retrieval.memory_store import MemoryStore
from flowisectl.retrieval.store_retriever import StoreRetriever


class MemoryVectorStore(Node):
    definition = NodeDefinition(
        name="memoryVectorStore",
        label="In-Memory Vector Store",
        category="Vector Stores",
        version=1.0,
        base_classes=("Memory", "VectorStoreRetriever", "BaseRetriever"),
        description="Documents that are embedded anew for every run",
        inputs=(
            DOCUMENT,
            EMBEDDINGS,
            NodeParam("topK", "Top K", "number", optional=True),
        ),
        outputs=outputs("Memory"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> MemoryStore | StoreRetriever:
        store = MemoryStore(inputs.require("embeddings"), count=inputs.integer("topK") or 4)
        await store.add([document for document in inputs.items("document") if isinstance(document, Document)])
        if inputs.output == "vectorStore":
            return store
        return StoreRetriever(store, store.count)
