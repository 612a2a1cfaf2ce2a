"""Keeps what agents of the older kind remember of a session."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import AgentMemory
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.nodes.memory._agent_memory import DESCRIPTION, server_params


class MySqlAgentMemory(Node):
    definition = NodeDefinition(
        name="mySQLAgentMemory",
        label="MySQL Agent Memory",
        category="Memory",
        version=1.0,
        base_classes=("AgentMemory", "BaseCheckpointSaver"),
        description=DESCRIPTION,
        credential=CredentialParam(("MySQLApi",), optional=True),
        inputs=server_params("3306"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> AgentMemory:
        return AgentMemory(node_id=inputs.node_id, label=inputs.label)
