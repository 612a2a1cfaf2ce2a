"""Everything that was said in the session."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.nodes.memory._session import MEMORY_KEY, SESSION_ID, memory_key


class BufferMemory(Node):
    definition = NodeDefinition(
        name="bufferMemory",
        label="Buffer Memory",
        category="Memory",
        version=2.0,
        base_classes=("BufferMemory", "BaseChatMemory", "BaseMemory"),
        description="Everything that was said in the session",
        inputs=(
            SESSION_ID,
            MEMORY_KEY,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        return StoredMemory(context, memory_key=memory_key(inputs))
