"""Answers of models as data, as the tables of the editor describe them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.llm.structured_output import schema_of

_TYPES = {"String": "string", "String Array": "stringArray", "Number": "number", "Boolean": "boolean", "Enum": "enum"}


def row_schema(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The JSON Schema of rows `{key, type, enumValues?, description?}` with the editor's names of types."""
    return schema_of([{**row, "type": _TYPES.get(str(row.get("type")), "string")} for row in rows])
