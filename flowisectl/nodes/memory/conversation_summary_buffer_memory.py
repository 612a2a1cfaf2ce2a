"""The newest messages of the session, and a summary of the older ones."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.llm.summary_memory import SummaryBufferMemory
from flowisectl.nodes.memory._session import MEMORY_KEY, SESSION_ID, memory_key
from flowisectl.texts.conversations import CONVERSATION_SUMMARY


class ConversationSummaryBufferMemory(Node):
    definition = NodeDefinition(
        name="conversationSummaryBufferMemory",
        label="Conversation Summary Buffer Memory",
        category="Memory",
        version=1.0,
        base_classes=("ConversationSummaryBufferMemory", "BaseConversationSummaryMemory", "BaseChatMemory", "BaseMemory"),
        description="The newest messages of the session, and a summary of the older ones",
        inputs=(
            NodeParam("model", "Chat Model", "BaseChatModel"),
            NodeParam("maxTokenLimit", "Max Token Limit", "number", default=2000),
            SESSION_ID,
            MEMORY_KEY,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        stored = StoredMemory(context, memory_key=memory_key(inputs))
        prompt = context.texts.of(CONVERSATION_SUMMARY)
        return SummaryBufferMemory(stored, inputs.require("model"), inputs.integer("maxTokenLimit") or 2000, prompt=prompt)
