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

PROMPTS = {
    "websearch": "Answer the following question in one passage, as a web page would.\n\nQuestion: {question}\n\nPassage:",
    "scifact": "Write one passage of a scientific paper that bears out or refutes this claim.\n\nClaim: {question}\n\nPassage:",
    "arguana": "Write an argument against the following passage.\n\nPassage: {question}\n\nArgument:",
    "trec-covid": "Answer the following question in one passage, as a scientific paper would.\n\nQuestion: {question}\n\nPassage:",
    "fiqa": "Answer the following question in one passage, as an article about finance would.\n\nQuestion: {question}\n\nPassage:",
    "dbpedia-entity": "Answer the following question in one passage, as an encyclopaedia would.\n\nQuestion: {question}\n\nPassage:",
    "trec-news": "Write one passage of a news article about this topic.\n\nTopic: {question}\n\nPassage:",
    "mr-tydi": "Answer the following question in one passage, in the question's own language.\n\nQuestion: {question}\n\nPassage:",
}


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
        prompt = inputs.text("customPrompt") or PROMPTS.get(inputs.text("promptKey", "websearch"), PROMPTS["websearch"])

        async def questions(question: str) -> list[str]:
            return [await passage(model, question, prompt)]

        base = StoreRetriever(store, inputs.integer("topK") or 4)
        return await given(ManyQuestionsRetriever(base=base, questions=questions, fuse=union), inputs, context)
