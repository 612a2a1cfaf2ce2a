"""Everything that was said in the session."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.interfaces.memory import ChatMemory


class BufferMemory(Node):
    definition = NodeDefinition(
        name="bufferMemory",
        label="Buffer Memory",
        category="Memory",
        version=2.0,
        base_classes=("BufferMemory", "BaseChatMemory", "BaseMemory"),
        description="Everything that was said in the session",
        inputs=(
            NodeParam("sessionId", "Session Id", "string", optional=True, additional=True),
            NodeParam("memoryKey", "Memory Key", "string", default="chat_history", additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        return StoredMemory(context, memory_key=inputs.text("memoryKey", "chat_history"))
