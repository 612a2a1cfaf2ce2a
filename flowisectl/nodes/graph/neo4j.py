"""A graph in a Neo4j database."""

from __future__ import annotations

from flowisectl.clients.neo4j import DATABASE, Neo4jGraph
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import MissingInput

_MILLISECONDS = 5000


class Neo4j(Node):
    definition = NodeDefinition(
        name="Neo4j",
        label="Neo4j",
        category="Graph",
        version=1.0,
        base_classes=("Neo4j",),
        description="A graph in a Neo4j database, which is read over HTTP",
        credential=CredentialParam(("neo4jApi",)),
        inputs=(
            NodeParam("database", "Database", "string", optional=True, placeholder=DATABASE),
            NodeParam("timeoutMs", "Timeout (ms)", "number", default=_MILLISECONDS, optional=True),
            NodeParam(
                "enhancedSchema",
                "Enhanced Schema",
                "boolean",
                default=False,
                optional=True,
                description="Models see some values that properties have",
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Neo4jGraph:
        try:
            return Neo4jGraph(
                context.http,
                url=require_key(inputs, "url"),
                user=inputs.secret("username"),
                password=inputs.secret("password"),
                database=inputs.text("database", DATABASE),
                timeout_seconds=(inputs.number("timeoutMs") or _MILLISECONDS) / 1000,
                shows_examples=inputs.flag("enhancedSchema"),
            )
        except ValueError as error:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): the address of its credential is {error}") from error
