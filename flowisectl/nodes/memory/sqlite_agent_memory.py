"""Keeps what agents of the older kind remember of a session."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import AgentMemory
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.nodes.memory._agent_memory import ADDITIONAL, DESCRIPTION


class SqliteAgentMemory(Node):
    definition = NodeDefinition(
        name="sqliteAgentMemory",
        label="SQLite Agent Memory",
        category="Memory",
        version=1.0,
        type="SQLiteAgentMemory",
        base_classes=("SQLiteAgentMemory", "BaseCheckpointSaver"),
        description=DESCRIPTION,
        inputs=(ADDITIONAL,),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> AgentMemory:
        return AgentMemory(node_id=inputs.node_id, label=inputs.label)
