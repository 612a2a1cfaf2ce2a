"""Searches for several questions and fuses the ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.llm.search_questions import searches
from flowisectl.nodes.retrievers._outputs import count_of, given, outputs
from flowisectl.retrieval.fusion import reciprocal_rank_fusion
from flowisectl.retrieval.retrievers import ManyQuestionsRetriever
from flowisectl.texts.documents import SEARCH_REQUESTS


class RRFRetriever(Node):
    definition = NodeDefinition(
        name="RRFRetriever",
        label="Reciprocal Rank Fusion Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("RRFRetriever", "BaseRetriever"),
        description="Searches for several questions and fuses the ranks of what they find",
        inputs=(
            NodeParam("baseRetriever", "Vector Store Retriever", "VectorStoreRetriever"),
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("queryCount", "Query Count", "number", default=4, optional=True, additional=True),
            NodeParam("topK", "Top K", "number", optional=True, additional=True),
            NodeParam("c", "Constant", "number", default=60, optional=True, additional=True),
        ),
        outputs=outputs("Reciprocal Rank Fusion Retriever", "RRFRetriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        base, model = inputs.require("baseRetriever"), inputs.require("model")
        most, count = inputs.integer("queryCount") or 4, count_of(inputs, base)
        constant, prompt = inputs.number("c") or 60, context.texts.of(SEARCH_REQUESTS)

        async def questions(question: str) -> list[str]:
            return [question, *await searches(model, question, most, prompt)]

        def fuse(finds: Sequence[Sequence[Document]]) -> list[Document]:
            fused = reciprocal_rank_fusion(finds, constant)[:count]
            return [replace(document, metadata={**document.metadata, "relevancy_score": score}) for document, score in fused]

        return await given(ManyQuestionsRetriever(base=base, questions=questions, fuse=fuse), inputs, context)
