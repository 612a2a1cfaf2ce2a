"""Keeps the documents that are similar to the question."""

from __future__ import annotations

from collections.abc import Sequence

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.nodes.retrievers._outputs import given, outputs
from flowisectl.retrieval.memory_store import MemoryStore
from flowisectl.retrieval.retrievers import RefinedRetriever


class EmbeddingsFilterRetriever(Node):
    definition = NodeDefinition(
        name="embeddingsFilterRetriever",
        label="Embeddings Filter Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("EmbeddingsFilterRetriever", "BaseRetriever"),
        description="Keeps the documents that are similar to the question",
        inputs=(
            NodeParam("baseRetriever", "Vector Store Retriever", "VectorStoreRetriever"),
            NodeParam("embeddings", "Embeddings", "Embeddings"),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("similarityThreshold", "Similarity Threshold", "number", default=0.8, optional=True, step=0.1),
            NodeParam("k", "K", "number", default=20, optional=True, step=1, additional=True),
        ),
        outputs=outputs("Embeddings Filter Retriever", "EmbeddingsFilterRetriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        embeddings = inputs.require("embeddings")
        least, most = inputs.number("similarityThreshold"), inputs.integer("k")

        async def refine(question: str, documents: Sequence[Document]) -> list[Document]:
            store = MemoryStore(embeddings)
            await store.add(documents)
            found = await store.search(question, most or len(documents))
            return [document for document, score in found if least is None or score >= least]

        return await given(RefinedRetriever(base=inputs.require("baseRetriever"), refine=refine), inputs, context)
