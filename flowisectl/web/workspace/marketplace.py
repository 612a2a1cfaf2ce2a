"""The templates that come with this version: small flows and tools to begin with, kept beside this module as JSON.

Format of a file: `{"kind": "AgentflowV2" | "Chatflow" | "Tool", "name", "description", "usecases", "framework", "badge", …}` and
`"flow"` (`{nodes, edges}`) or, for a tool, its members `schema`, `func`, `color`, `iconSrc`.
"""

from __future__ import annotations

import uuid
from functools import cache
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent / "templates"
ORDER = ("AgentflowV2", "Chatflow", "Tool")
_TOOL_MEMBERS = ("iconSrc", "schema", "func", "color")


def templates() -> list[dict[str, Any]]:
    """The templates as clients list them, agentflows first and tools last; ids are new with every call."""
    return [{"id": str(uuid.uuid4()), **entry} for entry in _entries()]


@cache
def _entries() -> tuple[dict[str, Any], ...]:
    found = [_entry(orjson.loads(file.read_bytes())) for file in sorted(FOLDER.glob("*.json"))]
    return tuple(sorted(found, key=lambda entry: (ORDER.index(entry["type"]), entry["templateName"])))


def _entry(data: dict[str, Any]) -> dict[str, Any]:
    kind = data["kind"]
    flow = data.get("flow")
    entry: dict[str, Any] = {
        "templateName": data["name"],
        "flowData": orjson.dumps(flow).decode() if flow is not None else "",
        "badge": data.get("badge", ""),
        "framework": data.get("framework", []),
        "usecases": data.get("usecases", []),
        "categories": categories_of(flow or {}),
        "type": kind,
        "description": data.get("description", ""),
    }
    if kind == "Tool":
        entry |= {name: data.get(name, "") for name in _TOOL_MEMBERS}
    return entry


def categories_of(flow: dict[str, Any]) -> list[str]:
    """The categories of a flow's nodes, each once."""
    nodes = flow.get("nodes")
    named = [node["data"].get("category") for node in nodes or () if isinstance(node, dict) and isinstance(node.get("data"), dict)]
    return list(dict.fromkeys(str(name) for name in named if name))
