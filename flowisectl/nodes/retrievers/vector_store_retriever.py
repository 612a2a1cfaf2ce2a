"""A vector store that a chain may choose."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.routing import RoutedRetriever
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.retrieval.store_search import default_count


class VectorStoreRetriever(Node):
    definition = NodeDefinition(
        name="vectorStoreRetriever",
        label="Vector Store Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("VectorStoreRetriever",),
        description="A vector store that a chain with several may choose",
        inputs=(
            NodeParam("vectorStore", "Vector Store", "VectorStore"),
            NodeParam("name", "Retriever Name", "string"),
            NodeParam("description", "Retriever Description", "string", rows=3),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> RoutedRetriever:
        store = inputs.require("vectorStore")
        return RoutedRetriever(
            name=str(inputs.require("name")), description=inputs.text("description"), retriever=StoreRetriever(store, default_count(store))
        )
