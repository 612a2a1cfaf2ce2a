"""Remembers in PostgreSQL what was written into a vector store."""

from __future__ import annotations

from flowisectl.clients.pgvector import PostgresAddress
from flowisectl.clients.record_table import PostgresRecords
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import MissingInput
from flowisectl.interfaces.record_manager import RecordManager
from flowisectl.nodes.record_managers._options import RECORD_PARAMS, additional_config, record_options


class PostgresRecordManager(Node):
    definition = NodeDefinition(
        name="postgresRecordManager",
        label="Postgres Record Manager",
        category="Record Manager",
        version=1.0,
        base_classes=("Postgres RecordManager", "RecordManager"),
        description="Remembers in PostgreSQL what was written into a vector store",
        credential=CredentialParam(("PostgresApi",)),
        inputs=(
            NodeParam("host", "Host", "string"),
            NodeParam("database", "Database", "string"),
            NodeParam("port", "Port", "number", optional=True),
            NodeParam("ssl", "SSL", "boolean", optional=True, additional=True),
            *RECORD_PARAMS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> RecordManager:
        defaults = context.defaults.records
        # As the original does: the host of the vector store is the host of the records, too.
        host = inputs.text("host") or defaults.host or context.defaults.vectors.host
        database = inputs.text("database", defaults.database)
        user, password = defaults.login(host, inputs.secret("user"), inputs.secret("password"))
        if not (user and host and database):
            raise MissingInput(
                f"node {inputs.node_id!r} ({inputs.label}) needs a host, a database and a credential with 'user' and 'password'"
            )
        address = PostgresAddress(
            host=host,
            port=inputs.integer("port") or defaults.port,
            database=database,
            user=user,
            password=password,
            ssl=inputs.flag("ssl", defaults.ssl) or bool(additional_config(inputs).get("ssl")),
        )
        return PostgresRecords(address, **record_options(inputs, context, table=defaults.table))
