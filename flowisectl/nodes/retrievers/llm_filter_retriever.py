"""Keeps of each document what answers the question."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.llm.search_questions import extracted
from flowisectl.nodes.retrievers._outputs import given, outputs
from flowisectl.retrieval.retrievers import RefinedRetriever
from flowisectl.texts.documents import EXTRACT_PASSAGES


class LLMFilterRetriever(Node):
    definition = NodeDefinition(
        name="llmFilterRetriever",
        label="LLM Filter Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("LLMFilterRetriever", "BaseRetriever"),
        description="Keeps of each document what answers the question; a model decides",
        inputs=(
            NodeParam("baseRetriever", "Vector Store Retriever", "VectorStoreRetriever"),
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
        ),
        outputs=outputs("LLM Filter Retriever", "LLMFilterRetriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        model, prompt = inputs.require("model"), context.texts.of(EXTRACT_PASSAGES)

        async def refine(question: str, documents: Sequence[Document]) -> list[Document]:
            texts = await asyncio.gather(*(extracted(model, question, document.page_content, prompt) for document in documents))
            return [replace(document, page_content=text) for document, text in zip(documents, texts, strict=True) if text]

        return await given(RefinedRetriever(base=inputs.require("baseRetriever"), refine=refine), inputs, context)
