"""Remembers in MySQL what was written into a vector store."""

from __future__ import annotations

from collections.abc import Mapping

from flowisectl.clients.mysql_records import MySqlAddress, MySqlRecords
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import MissingInput
from flowisectl.interfaces.record_manager import RecordManager
from flowisectl.nodes.record_managers._options import RECORD_PARAMS, additional_config, record_options


class MySQLRecordManager(Node):
    definition = NodeDefinition(
        name="MySQLRecordManager",
        label="MySQL Record Manager",
        category="Record Manager",
        version=1.0,
        base_classes=("MySQL RecordManager", "RecordManager"),
        description="Remembers in MySQL what was written into a vector store",
        credential=CredentialParam(("MySQLApi",)),
        inputs=(
            NodeParam("host", "Host", "string"),
            NodeParam("database", "Database", "string"),
            NodeParam("port", "Port", "number", optional=True),
            *RECORD_PARAMS,
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> RecordManager:
        user, host, database = inputs.secret("user"), inputs.text("host"), inputs.text("database")
        if not (user and host and database):
            raise MissingInput(
                f"node {inputs.node_id!r} ({inputs.label}) needs a host, a database and a credential with 'user' and 'password'"
            )
        ssl = additional_config(inputs).get("ssl")
        address = MySqlAddress(
            host=host,
            port=inputs.integer("port") or 3306,
            database=database,
            user=user,
            password=inputs.secret("password"),
            ssl=bool(ssl),
            checks_certificate=not (isinstance(ssl, Mapping) and ssl.get("rejectUnauthorized") is False),
        )
        return MySqlRecords(address, **record_options(inputs, context))
