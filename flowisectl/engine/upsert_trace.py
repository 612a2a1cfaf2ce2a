"""What an upsert's history keeps of each node that took part: its settings, without contents of files and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.flow import FlowNode

STORED = "FILE-STORAGE::"


def shown_node(node: FlowNode, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`{label, name, category, id, paramValues: [{label, name, type, value}]}`; inputs that say nothing are left out."""
    values = [
        {"label": param.get("label"), "name": name, "type": param.get("type"), "value": _shown_value(node, param, value)}
        for name, value in inputs.items()
        if value and (param := node.params.get(name)) is not None and param.get("type") != "password" and not _is_reference(value)
    ]
    return {"label": node.label, "name": node.name, "category": node.category, "id": node.id, "paramValues": values}


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{{") and value.endswith("}}")


def _shown_value(node: FlowNode, param: Mapping[str, Any], value: Any) -> Any:
    if node.category == "Document Loaders" and param.get("type") == "file" and isinstance(value, str):
        return file_names(value)
    return value


def file_names(value: str) -> str:
    """The names of the files in a file input, between commas: `FILE-STORAGE::<name or JSON list>`, or data URIs that end in
    `,filename:<name>` (one, or a JSON list of them)."""
    if value.startswith(STORED):
        value = value.removeprefix(STORED)
        return ", ".join(_listed(value))
    return ", ".join(entry.rpartition(",")[2].partition(":")[2] for entry in _listed(value))


def _listed(text: str) -> list[str]:
    if not text.startswith("["):
        return [text]
    try:
        entries = orjson.loads(text)
    except ValueError:
        return [text]
    return [str(entry) for entry in entries]
