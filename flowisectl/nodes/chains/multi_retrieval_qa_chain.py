"""Answers from the documents that fit the question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.answer_events import answer_events, answer_from
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_input import question_text
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.moderation import moderated, refused
from flowisectl.llm.routed_answers import MultiRetrievalChain
from flowisectl.texts.documents import RETRIEVAL_ANSWER, ROUTE_QUESTION


class MultiRetrievalQAChain(Node):
    definition = NodeDefinition(
        name="multiRetrievalQAChain",
        label="Multi Retrieval QA Chain",
        category="Chains",
        version=2.0,
        base_classes=("MultiRetrievalQAChain", "MultiRouteChain", "BaseChain", "Runnable"),
        description="Answers from the one of several vector stores that fits the question",
        inputs=(
            NodeParam("model", "Language Model", "BaseLanguageModel"),
            NodeParam("vectorStoreRetriever", "Vector Store Retriever", "VectorStoreRetriever", list=True),
            NodeParam("returnSourceDocuments", "Return Source Documents", "boolean", optional=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> MultiRetrievalChain:
        return MultiRetrievalChain(
            model=inputs.require("model"),
            retrievers=inputs.items("vectorStoreRetriever"),
            choice=context.texts.of(ROUTE_QUESTION),
            prompt=context.texts.of(RETRIEVAL_ANSWER),
        )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        chain = await self.build(inputs, context)
        teller = teller_to(answer_events(context))
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": refused(refusal, teller)}
        text, documents = await chain.respond(question, teller)
        return answer_from(documents, text, inputs, context)
