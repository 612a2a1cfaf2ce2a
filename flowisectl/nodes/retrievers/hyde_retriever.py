"""Searches for a passage that would answer the question."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.llm.search_questions import passage
from flowisectl.nodes.retrievers._outputs import given, outputs
from flowisectl.retrieval.fusion import union
from flowisectl.retrieval.retrievers import ManyQuestionsRetriever
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.texts.documents import HYDE_PASSAGES


class HydeRetriever(Node):
    definition = NodeDefinition(
        name="HydeRetriever",
        label="HyDE Retriever",
        category="Retrievers",
        version=3.0,
        base_classes=("HydeRetriever", "BaseRetriever"),
        description="Searches for a passage that would answer the question",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("vectorStore", "Vector Store", "VectorStore"),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam(
                "promptKey",
                "Select Defined Prompt",
                "options",
                default="websearch",
                options=(
                    Option("websearch", "websearch"),
                    Option("scifact", "scifact"),
                    Option("arguana", "arguana"),
                    Option("trec-covid", "trec-covid"),
                    Option("fiqa", "fiqa"),
                    Option("dbpedia-entity", "dbpedia-entity"),
                    Option("trec-news", "trec-news"),
                    Option("mr-tydi", "mr-tydi"),
                ),
            ),
            NodeParam("customPrompt", "Custom Prompt", "string", optional=True, rows=4, additional=True),
            NodeParam("topK", "Top K", "number", default=4, optional=True, additional=True),
        ),
        outputs=outputs("HyDE Retriever", "HydeRetriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        store, model = inputs.require("vectorStore"), inputs.require("model")
        chosen = HYDE_PASSAGES.get(inputs.text("promptKey", "websearch"), HYDE_PASSAGES["websearch"])
        prompt = inputs.text("customPrompt") or context.texts.template(chosen)

        async def questions(question: str) -> list[str]:
            return [await passage(model, question, prompt)]

        base = StoreRetriever(store, inputs.integer("topK") or 4)
        return await given(ManyQuestionsRetriever(base=base, questions=questions, fuse=union), inputs, context)
