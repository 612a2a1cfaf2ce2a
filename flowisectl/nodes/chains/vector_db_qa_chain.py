"""Answers from a vector store, without a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.retrieval_qa import StuffQa
from flowisectl.nodes.chains._answering import answer_with
from flowisectl.retrieval.store_retriever import StoreRetriever
from flowisectl.retrieval.store_search import default_count
from flowisectl.texts.documents import RETRIEVAL_ANSWER


class VectorDBQAChain(Node):
    definition = NodeDefinition(
        name="vectorDBQAChain",
        label="VectorDB QA Chain",
        category="Chains",
        version=2.0,
        base_classes=("VectorDBQAChain", "BaseChain", "Runnable"),
        description="Answers from a vector store, without a conversation",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("vectorStore", "Vector Store", "VectorStore"),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> StuffQa:
        store = inputs.require("vectorStore")
        retriever = StoreRetriever(store, default_count(store))
        return StuffQa(model=inputs.require("model"), retriever=retriever, prompt=context.texts.of(RETRIEVAL_ANSWER))

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(await self.build(inputs, context), inputs, context)
