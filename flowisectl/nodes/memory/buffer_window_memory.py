"""The last exchanges of the session."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.stored_memory import StoredMemory
from flowisectl.interfaces.memory import ChatMemory
from flowisectl.nodes.memory._session import MEMORY_KEY, SESSION_ID, memory_key


class BufferWindowMemory(Node):
    definition = NodeDefinition(
        name="bufferWindowMemory",
        label="Buffer Window Memory",
        category="Memory",
        version=2.0,
        base_classes=("BufferWindowMemory", "BaseChatMemory", "BaseMemory"),
        description="The last exchanges of the session",
        inputs=(
            NodeParam("k", "Size", "number", default="4"),
            SESSION_ID,
            MEMORY_KEY,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> ChatMemory:
        exchanges = inputs.integer("k", 4) or 0
        return StoredMemory(context, memory_key=memory_key(inputs), limit=2 * exchanges)
