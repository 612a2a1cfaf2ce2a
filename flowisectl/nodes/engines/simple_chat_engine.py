"""A conversation with a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.answer_events import answer_events
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import prepended_messages
from flowisectl.engine.user_input import question_text
from flowisectl.interfaces.chat_model import ChatModel
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.interfaces.message import ChatMessage
from flowisectl.llm.chat_streaming import ask, teller_to


class SimpleChatEngine(Node):
    definition = NodeDefinition(
        name="simpleChatEngine",
        label="Simple Chat Engine",
        category="Engine",
        version=1.0,
        base_classes=("SimpleChatEngine",),
        description="A conversation with a model",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("model", "Chat Model", "BaseChatModel_LlamaIndex"),
            NodeParam("memory", "Memory", "BaseChatMemory"),
            NodeParam("systemMessagePrompt", "System Message", "string", optional=True, rows=4),
        ),
    )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        model: ChatModel = inputs.require("model")
        memory: ChatMemory = inputs.require("memory")
        question, system = question_text(context), inputs.text("systemMessagePrompt")
        opening = [ChatMessage(role="system", content=system)] if system else []
        history = await memory.messages(prepended_messages(context))
        messages = [*opening, *history, ChatMessage(role="user", content=question)]
        text = (await ask(model, messages, teller_to(answer_events(context)))).text
        await memory.add(question, text)
        return {"text": text}
