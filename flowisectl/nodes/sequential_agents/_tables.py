"""Tables of the editor, read strictly: what is no table fails its node by name, rather than count as an empty one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import FlowError

_SHOWN = 80


def table_rows(inputs: NodeInputs, name: str) -> list[Mapping[str, Any]]:
    """The rows of a table, given as a list or as JSON text; none when it is unset. Raises FlowError."""
    value = inputs.get(name)
    rows = inputs.json(name)
    if value is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise FlowError(f"node {inputs.node_id!r} ({inputs.label}): {name} is no table of rows: {str(value)[:_SHOWN]!r}; fill it in anew")
    return rows
