"""Which inputs of a flow `overrideConfig` may name (GET /flow-config/:id, POST /node-config)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.flow import Flow

_NOT_OFFERED = frozenset({"credential", "button", "dataGrid"})


def overridable_inputs(flow: Flow, catalogue: NodeCatalogue) -> list[dict[str, Any]]:
    """`{node, nodeId, label, name, type, schema?}` of each input, node by node."""
    found: list[dict[str, Any]] = []
    for node in flow.nodes:
        params = [dict(param) for param in node.params.values()] or _params_of(node.name, catalogue)
        found += node_inputs(node.label, node.id, params)
    return found


def node_inputs(label: str, node_id: str, params: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The inputs of one node, as its exported parameters define them."""
    found = []
    for param in params:
        if param.get("type") in _NOT_OFFERED or not isinstance(param.get("name"), str):
            continue
        entry: dict[str, Any] = {
            "node": label,
            "nodeId": node_id,
            "label": param.get("label", param["name"]),
            "name": param["name"],
            "type": _type_of(param),
        }
        if param.get("type") == "array":
            entry["schema"] = {
                str(item.get("name")): _type_of(item) for item in param.get("array") or () if isinstance(item, Mapping) and item.get("name")
            }
        found.append(entry)
    return found


def _type_of(param: Mapping[str, Any]) -> str:
    """The type as people read it: a choice is the list of its values, a file the list of its endings."""
    kind = str(param.get("type", "string"))
    if kind == "file" and param.get("fileType"):
        return str(param["fileType"])
    if kind in ("options", "multiOptions"):
        names = [str(option["name"]) for option in param.get("options") or () if isinstance(option, Mapping) and "name" in option]
        return ", ".join(names) or "string"
    return "string" if kind in ("asyncOptions", "asyncMultiOptions") else kind


def _params_of(name: str, catalogue: NodeCatalogue) -> list[dict[str, Any]]:
    if name not in catalogue:
        return []
    return [param.to_json() for param in catalogue.get(name).definition.inputs if not param.type[:1].isupper()]
