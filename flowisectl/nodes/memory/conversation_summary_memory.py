"""A summary of the last exchange instead of the session's messages."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.llm.summary_memory import SummaryMemory
from flowisectl.nodes.memory._session import MEMORY_KEY, SESSION_ID, memory_key
from flowisectl.texts.conversations import CONVERSATION_SUMMARY


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
            SESSION_ID,
            MEMORY_KEY,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        stored = StoredMemory(context, memory_key=memory_key(inputs))
        return SummaryMemory(stored, inputs.require("model"), prompt=context.texts.of(CONVERSATION_SUMMARY))
