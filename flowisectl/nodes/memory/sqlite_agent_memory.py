"""Keeps what agents of the older kind remember of a session."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import AgentMemory
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam


class SqliteAgentMemory(Node):
    definition = NodeDefinition(
        name="sqliteAgentMemory",
        label="SQLite Agent Memory",
        category="Memory",
        version=1.0,
        type="SQLiteAgentMemory",
        base_classes=("SQLiteAgentMemory", "BaseCheckpointSaver"),
        description="Keeps the state of sequential agents or of a team, in the server's own database",
        inputs=(
            NodeParam(
                "additionalConfig",
                "Additional Connection Configuration",
                "json",
                optional=True,
                additional=True,
                description="Not used: states are kept in the server's own database",
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> AgentMemory:
        return AgentMemory(node_id=inputs.node_id, label=inputs.label)
