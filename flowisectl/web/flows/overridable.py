"""Which inputs of a flow `overrideConfig` may name (GET /flow-config/:id, POST /node-config)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.flow import Flow
from flowisectl.nodes.credential_types import credential_types

_NOT_OFFERED = frozenset({"button", "dataGrid"})


def overridable_inputs(flow: Flow, catalogue: NodeCatalogue) -> list[dict[str, Any]]:
    """`{node, nodeId, label, name, type, schema?}` of each input, node by node."""
    found: list[dict[str, Any]] = []
    for node in flow.nodes:
        params = [dict(param) for param in node.params.values()] or _params_of(node.name, catalogue)
        found += node_inputs(node.label, node.id, params, node.inputs)
    return found


def node_inputs(label: str, node_id: str, params: list[dict[str, Any]], inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The inputs of one node, as its exported parameters define them; `inputs` are their values.

    In place of a credential stand its fields, in place of a component that the node configures itself the members of its configuration.
    """
    found: list[dict[str, Any]] = []
    for param in params:
        if param.get("type") in _NOT_OFFERED or not isinstance(param.get("name"), str):
            continue
        if param.get("type") == "credential":
            found += [{"node": label, "nodeId": node_id, **field} for field in _credential_fields(param)]
            continue
        if param.get("loadConfig"):
            config = inputs.get(f"{param['name']}Config")
            if isinstance(config, Mapping):
                found.append({"node": label, "nodeId": node_id, **_configuration(param["name"], param.get("label"), config)})
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
                str(item.get("name")): _member_type(item)
                for item in param.get("array") or ()
                if isinstance(item, Mapping) and item.get("name")
            }
        found.append(entry)
    return found


def _credential_fields(param: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = param.get("credentialNames")
    known = [credential_types().get(str(name)) for name in names] if isinstance(names, list) else []
    fields = {field.name: field for kind in known if kind for field in kind.fields}
    return [
        {"label": field.label, "name": name, "type": "string" if field.type == "password" else field.type} for name, field in fields.items()
    ]


def _configuration(name: str, label: object, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as one input, its members by the type of the value that each has now."""
    hidden = (name, "FLOWISE_CREDENTIAL_ID", "credential")
    schema = {member: _value_type(value) for member, value in config.items() if member not in hidden}
    return {"label": f"{label or name} Config", "name": f"{name}Config", "type": "json", "schema": schema}


def _value_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "object"


def _member_type(param: Mapping[str, Any]) -> str:
    """The type of a member of a list's items; a choice stands in brackets."""
    kind = _type_of(param)
    return f"({kind})" if param.get("type") == "options" and kind != "string" else kind


def _type_of(param: Mapping[str, Any]) -> str:
    """The type as people read it: a choice is the list of its values, a file the list of its endings."""
    kind = str(param.get("type", "string"))
    if kind == "file" and param.get("fileType"):
        return str(param["fileType"])
    if kind == "options":
        names = [str(option["name"]) for option in param.get("options") or () if isinstance(option, Mapping) and "name" in option]
        return ", ".join(names) or "string"
    return kind


def _params_of(name: str, catalogue: NodeCatalogue) -> list[dict[str, Any]]:
    if name not in catalogue:
        return []
    return [param.to_json() for param in catalogue.get(name).definition.inputs if not param.type[:1].isupper()]
