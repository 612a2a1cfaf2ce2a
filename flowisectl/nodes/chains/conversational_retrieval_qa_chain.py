"""Answers from documents, in a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.answer_events import answer_events, answer_from
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import StoredMemory, prepended_messages
from flowisectl.engine.user_input import question_text
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.moderation import ModerationRefusal
from flowisectl.llm.chat_streaming import teller_to
from flowisectl.llm.moderation import moderated, refused
from flowisectl.llm.retrieval_qa import REPHRASE, RESPONSE, RetrievalQa

CONTEXT = "Answer from this context:\n{context}"
"""What follows the system message of older flows, which have no prompt for the answer."""


class ConversationalRetrievalQAChain(Node):
    definition = NodeDefinition(
        name="conversationalRetrievalQAChain",
        label="Conversational Retrieval QA Chain",
        category="Chains",
        version=3.0,
        base_classes=("ConversationalRetrievalQAChain", "BaseChain", "Runnable"),
        description="Answers from documents, in a conversation",
        inputs=(
            NodeParam("model", "Chat Model", "BaseChatModel"),
            NodeParam("vectorStoreRetriever", "Vector Store Retriever", "BaseRetriever"),
            NodeParam("memory", "Memory", "BaseMemory", optional=True),
            NodeParam("returnSourceDocuments", "Return Source Documents", "boolean", optional=True),
            NodeParam("rephrasePrompt", "Rephrase Prompt", "string", default=REPHRASE, optional=True, rows=4, additional=True),
            NodeParam("responsePrompt", "Response Prompt", "string", default=RESPONSE, optional=True, rows=4, additional=True),
            NodeParam("inputModeration", "Input Moderation", "Moderation", optional=True, list=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> RetrievalQa:
        response = inputs.text("systemMessagePrompt")
        return RetrievalQa(
            model=inputs.require("model"),
            retriever=inputs.require("vectorStoreRetriever"),
            rephrase=inputs.text("rephrasePrompt"),
            response=f"{response}\n{CONTEXT}" if response else inputs.wording("responsePrompt", RESPONSE),
        )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        chain = await self.build(inputs, context)
        memory: ChatMemory = inputs.get("memory") or StoredMemory(context)
        teller = teller_to(answer_events(context), waits_for_text=True)
        try:
            question = await moderated(question_text(context), inputs.items("inputModeration"))
        except ModerationRefusal as refusal:
            return {"text": refused(refusal, teller)}
        history = await memory.messages(prepended_messages(context))
        text, documents = await chain.respond(question, history, teller)
        await memory.add(question, text)
        return answer_from(documents, text, inputs, context)
