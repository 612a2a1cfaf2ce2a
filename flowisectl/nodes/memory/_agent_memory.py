"""What the memories of sequential agents and teams share. Their inputs name a database; states are kept in the server's own."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam

UNUSED = "Not used: states are kept in the server's own database"
DESCRIPTION = "Keeps the state of sequential agents or of a team, in the server's own database"
ADDITIONAL = NodeParam(
    "additionalConfig", "Additional Connection Configuration", "json", optional=True, additional=True, description=UNUSED
)


def server_params(port: str) -> tuple[NodeParam, ...]:
    """The inputs of a database server, whose usual port is `port`."""
    return (
        NodeParam("host", "Host", "string", description=UNUSED),
        NodeParam("database", "Database", "string", description=UNUSED),
        NodeParam("port", "Port", "number", port, description=UNUSED),
        ADDITIONAL,
    )
