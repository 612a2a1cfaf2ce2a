"""Remembers in a SQLite file what was written into a vector store."""

from __future__ import annotations

from pathlib import Path

from flowisectl.clients.record_table import SqliteRecords
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.record_manager import RecordManager
from flowisectl.nodes.record_managers._options import RECORD_PARAMS, additional_config, record_options

USUAL_FILE = "~/.flowise/database.sqlite"
"""Where Flowise keeps its database unless told otherwise; for servers whose own database is another."""


class SQLiteRecordManager(Node):
    definition = NodeDefinition(
        name="SQLiteRecordManager",
        label="SQLite Record Manager",
        category="Record Manager",
        version=1.1,
        base_classes=("SQLite RecordManager", "RecordManager"),
        description="Remembers in a SQLite file what was written into a vector store",
        inputs=RECORD_PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> RecordManager:
        chosen = str(additional_config(inputs).get("database") or "")
        usual = context.paths.own_database or Path(USUAL_FILE)
        path = context.paths.database_file(chosen, may_be_own=True) if chosen else usual
        return SqliteRecords(path, **record_options(inputs, context))
