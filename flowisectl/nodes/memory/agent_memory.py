"""Keeps what agents of the older kind remember of a session."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import AgentMemory
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.nodes.memory._agent_memory import ADDITIONAL, DESCRIPTION, UNUSED


class AgentMemoryNode(Node):
    definition = NodeDefinition(
        name="agentMemory",
        label="Agent Memory",
        category="Memory",
        version=2.0,
        base_classes=("AgentMemory", "BaseCheckpointSaver"),
        description=DESCRIPTION,
        credential=CredentialParam(("PostgresApi", "MySQLApi"), optional=True),
        inputs=(
            NodeParam(
                "databaseType",
                "Database",
                "options",
                "sqlite",
                options=(Option("SQLite", "sqlite"), Option("PostgreSQL", "postgres"), Option("MySQL", "mysql")),
                description=UNUSED,
            ),
            NodeParam("databaseFilePath", "Database File Path", "string", optional=True, additional=True, description=UNUSED),
            NodeParam("host", "Host", "string", optional=True, additional=True, description=UNUSED),
            NodeParam("database", "Database", "string", optional=True, additional=True, description=UNUSED),
            NodeParam("port", "Port", "number", optional=True, additional=True, description=UNUSED),
            ADDITIONAL,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> AgentMemory:
        return AgentMemory(node_id=inputs.node_id, label=inputs.label)
