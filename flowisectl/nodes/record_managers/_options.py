"""What record managers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.clients.record_table import DEFAULT_TABLE
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs, NodeParam, Option

RECORD_PARAMS = (
    NodeParam(
        "additionalConfig",
        "Additional Connection Configuration",
        "json",
        optional=True,
        additional=True,
        description='Of SQLite `database`, the path of its file; of servers `ssl`: true, or {"rejectUnauthorized": false}',
    ),
    NodeParam("tableName", "Table Name", "string", optional=True, additional=True),
    NodeParam("namespace", "Namespace", "string", optional=True, additional=True),
    NodeParam(
        "cleanup",
        "Cleanup",
        "options",
        default="none",
        options=(Option("None", "none"), Option("Incremental", "incremental"), Option("Full", "full")),
        additional=True,
    ),
    NodeParam("sourceIdKey", "SourceId Key", "string", default="source", optional=True, additional=True),
)


def additional_config(inputs: NodeInputs) -> Mapping[str, Any]:
    """The input `additionalConfig`; anything but an object counts as empty."""
    value = inputs.json("additionalConfig")
    return value if isinstance(value, Mapping) else {}


def record_options(inputs: NodeInputs, context: RunContext, *, table: str = "") -> dict[str, str]:
    """Table (else `table`), namespace (by default the flow's id), cleanup and the metadata that names a document's source."""
    cleanup = inputs.text("cleanup", "none")
    return {
        "table": inputs.text("tableName") or table or DEFAULT_TABLE,
        "namespace": inputs.text("namespace") or context.flow_id,
        "cleanup": cleanup if cleanup in ("incremental", "full") else "none",
        "source_id_key": inputs.text("sourceIdKey", "source"),
    }
