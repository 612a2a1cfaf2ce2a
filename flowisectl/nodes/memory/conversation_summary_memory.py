"""A summary of the last exchange instead of the session's messages."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.llm.summary_memory import SummaryMemory


class ConversationSummaryMemory(Node):
    definition = NodeDefinition(
        name="conversationSummaryMemory",
        label="Conversation Summary Memory",
        category="Memory",
        version=2.0,
        base_classes=("ConversationSummaryMemory", "BaseConversationSummaryMemory", "BaseChatMemory", "BaseMemory"),
        description="A summary of the last exchange instead of the session's messages",
        inputs=(
            NodeParam("model", "Chat Model", "BaseChatModel"),
            NodeParam("sessionId", "Session Id", "string", optional=True, additional=True),
            NodeParam("memoryKey", "Memory Key", "string", default="chat_history", additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        stored = StoredMemory(context, memory_key=inputs.text("memoryKey", "chat_history"))
        return SummaryMemory(stored, inputs.require("model"))
