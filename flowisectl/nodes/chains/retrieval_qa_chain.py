"""Answers from documents, without a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.retrieval_qa import StuffQa
from flowisectl.nodes.chains._answering import answer_with
from flowisectl.texts.documents import RETRIEVAL_ANSWER


class RetrievalQAChain(Node):
    definition = NodeDefinition(
        name="retrievalQAChain",
        label="Retrieval QA Chain",
        category="Chains",
        version=2.0,
        base_classes=("RetrievalQAChain", "BaseChain", "Runnable"),
        description="Answers from documents, without a conversation",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("vectorStoreRetriever", "Vector Store Retriever", "BaseRetriever"),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> StuffQa:
        return StuffQa(
            model=inputs.require("model"), retriever=inputs.require("vectorStoreRetriever"), prompt=context.texts.of(RETRIEVAL_ANSWER)
        )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(await self.build(inputs, context), inputs, context)
