"""A conversation about documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.answer_events import answer_events, answer_from
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.engine.user_input import question_text
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.message import ChatMessage
from flowisectl.interfaces.retriever import Retriever
from flowisectl.llm.chat_streaming import ask, teller_to


class ContextChatEngine(Node):
    definition = NodeDefinition(
        name="contextChatEngine",
        label="Context Chat Engine",
        category="Engine",
        version=1.0,
        base_classes=("ContextChatEngine",),
        description="A conversation about documents",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("model", "Chat Model", "BaseChatModel_LlamaIndex"),
            NodeParam("vectorStoreRetriever", "Vector Store Retriever", "VectorIndexRetriever"),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("returnSourceDocuments", "Return Source Documents", "boolean", optional=True),
            NodeParam("systemMessagePrompt", "System Message", "string", optional=True, rows=4),
        ),
    )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        model: ChatModel = inputs.require("model")
        memory: ChatMemory = inputs.require("memory")
        retriever: Retriever = inputs.require("vectorStoreRetriever")
        question = question_text(context)
        documents = await retriever.retrieve(question)
        known = "\n\n".join(document.page_content for document in documents)
        system = "\n\n".join(part for part in (inputs.text("systemMessagePrompt"), f"What is known:\n{known}") if part)
        history = await memory.messages(prepended_messages(context))
        messages = [ChatMessage(role="system", content=system), *history, ChatMessage(role="user", content=question)]
        teller = teller_to(answer_events(context))
        text = (await ask(model, messages, teller)).text
        await memory.add(question, text)
        return answer_from(documents, text, inputs, context)
