"""Keeps what agents of the older kind remember of a session."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import AgentMemory
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option

_UNUSED = "Not used: states are kept in the server's own database"


class AgentMemoryNode(Node):
    definition = NodeDefinition(
        name="agentMemory",
        label="Agent Memory",
        category="Memory",
        version=2.0,
        base_classes=("AgentMemory", "BaseCheckpointSaver"),
        description="Keeps the state of sequential agents or of a team, in the server's own database",
        credential=CredentialParam(("PostgresApi", "MySQLApi"), optional=True),
        inputs=(
            NodeParam(
                "databaseType",
                "Database",
                "options",
                "sqlite",
                options=(Option("SQLite", "sqlite"), Option("PostgreSQL", "postgres"), Option("MySQL", "mysql")),
                description=_UNUSED,
            ),
            NodeParam("databaseFilePath", "Database File Path", "string", optional=True, additional=True, description=_UNUSED),
            NodeParam("host", "Host", "string", optional=True, additional=True, description=_UNUSED),
            NodeParam("database", "Database", "string", optional=True, additional=True, description=_UNUSED),
            NodeParam("port", "Port", "number", optional=True, additional=True, description=_UNUSED),
            NodeParam(
                "additionalConfig", "Additional Connection Configuration", "json", optional=True, additional=True, description=_UNUSED
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> AgentMemory:
        return AgentMemory(node_id=inputs.node_id, label=inputs.label)
