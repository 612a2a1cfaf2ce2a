"""Answers from documents, without a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.answer_events import answer_events
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_input import question_text
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.moderation import moderated, refused
from flowisectl.llm.retrieval_qa import StuffQa


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
        return StuffQa(model=inputs.require("model"), retriever=inputs.require("vectorStoreRetriever"))

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        chain = await self.build(inputs, context)
        teller = teller_to(answer_events(context))
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": refused(refusal, teller)}
        return {"text": await chain.respond(question, teller)}
