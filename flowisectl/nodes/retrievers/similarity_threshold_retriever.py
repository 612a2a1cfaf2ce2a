"""Finds all documents that are similar enough."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.nodes.retrievers._outputs import given, outputs
from flowisectl.retrieval.retrievers import ThresholdRetriever


class SimilarityThresholdRetriever(Node):
    definition = NodeDefinition(
        name="similarityThresholdRetriever",
        label="Similarity Score Threshold Retriever",
        category="Retrievers",
        version=2.0,
        base_classes=("SimilarityThresholdRetriever", "BaseRetriever"),
        description="Finds all documents that are similar enough",
        inputs=(
            NodeParam("vectorStore", "Vector Store", "VectorStore"),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("minSimilarityScore", "Minimum Similarity Score (%)", "number", default=80, step=1),
            NodeParam("maxK", "Max K", "number", default=20, step=1, additional=True),
            NodeParam("kIncrement", "K Increment", "number", default=2, step=1, additional=True),
        ),
        outputs=outputs("Similarity Threshold Retriever", "SimilarityThresholdRetriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        percent = inputs.number("minSimilarityScore")
        retriever = ThresholdRetriever(
            store=inputs.require("vectorStore"),
            least=0.9 if percent is None else percent / 100,
            most=inputs.integer("maxK") or 100,
            step=inputs.integer("kIncrement") or 2,
        )
        return await given(retriever, inputs, context)
