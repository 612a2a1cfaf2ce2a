"""Keeps what agents of the older kind remember of a session."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import AgentMemory
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam

_UNUSED = "Not used: states are kept in the server's own database"


class PostgresAgentMemory(Node):
    definition = NodeDefinition(
        name="postgresAgentMemory",
        label="Postgres Agent Memory",
        category="Memory",
        version=1.0,
        base_classes=("AgentMemory", "BaseCheckpointSaver"),
        description="Keeps the state of sequential agents or of a team, in the server's own database",
        credential=CredentialParam(("PostgresApi",), optional=True),
        inputs=(
            NodeParam("host", "Host", "string", description=_UNUSED),
            NodeParam("database", "Database", "string", description=_UNUSED),
            NodeParam("port", "Port", "number", "5432", description=_UNUSED),
            NodeParam(
                "additionalConfig", "Additional Connection Configuration", "json", optional=True, additional=True, description=_UNUSED
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> AgentMemory:
        return AgentMemory(node_id=inputs.node_id, label=inputs.label)
