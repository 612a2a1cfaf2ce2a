"""Searches for several wordings of a question."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.retriever import Retriever
from flowisectl.llm.search_questions import OTHER_WORDINGS, other_wordings
from flowisectl.retrieval.fusion import union
from flowisectl.retrieval.retrievers import ManyQuestionsRetriever
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.retrieval.store_search import default_count


class MultiQueryRetriever(Node):
    definition = NodeDefinition(
        name="multiQueryRetriever",
        label="Multi Query Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("MultiQueryRetriever", "BaseRetriever"),
        description="Searches for several wordings of a question",
        inputs=(
            NodeParam("vectorStore", "Vector Store", "VectorStore"),
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("modelPrompt", "Prompt", "string", default=OTHER_WORDINGS, rows=4),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever:
        store, model = inputs.require("vectorStore"), inputs.require("model")
        prompt = inputs.wording("modelPrompt", OTHER_WORDINGS)

        async def questions(question: str) -> list[str]:
            return await other_wordings(model, question, prompt)

        return ManyQuestionsRetriever(base=StoreRetriever(store, default_count(store)), questions=questions, fuse=union)
