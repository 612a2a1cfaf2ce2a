"""The `overrideConfig` of a request, laid over the inputs of a flow's nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.flow import Flow, FlowNode

ANY_FILE = "files"
"""What permissions call all file inputs of a node: uploads choose the input by the kind of file."""
_NOTHING: Mapping[str, Any] = {}


def overridden_inputs(flow: Flow, node: FlowNode, override_config: Mapping[str, Any]) -> Mapping[str, Any]:
    """One node's inputs after the request's overrides; the node's own mapping when nothing changes.

    Inputs are allowed by the node's label, entries for one node of several are addressed by its id:
    `{"temperature": {"chatOpenAI_0": 0.1}}`. A value that counts as false never replaces anything.
    """
    if not flow.override.enabled or not override_config:
        return node.inputs
    changed = dict(node.inputs)
    for name, value in override_config.items():
        _apply(changed, flow, node, name, value)
    return changed if changed != node.inputs else node.inputs


def overridden_variables(flow: Flow, override_config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variables that the request sets and the flow allows it to set."""
    values = override_config.get("vars")
    if not flow.override.enabled or not isinstance(values, Mapping):
        return _NOTHING
    return {name: value for name, value in values.items() if name in flow.override.variables}


def _apply(inputs: dict[str, Any], flow: Flow, node: FlowNode, name: str, value: Any) -> None:
    allowed = flow.override.allows(node.label, name) or (_is_stored_file(value) and flow.override.allows(node.label, ANY_FILE))
    if name == "analytics":
        _assign(inputs, name, value)
    elif name == "vars":
        _assign(inputs, name, overridden_variables(flow, {"vars": value}) if isinstance(value, Mapping) else value)
    elif isinstance(value, list):
        if allowed:
            _unite(inputs, name, value)
    elif isinstance(value, Mapping):
        if node.id in value:
            if allowed:
                _merge(inputs, name, value[node.id])
        elif not any(node.name in key for key in value):
            # An object that names no node goes to every node without a look at the permissions, as clients rely on.
            _assign(inputs, name, value)
    elif allowed:
        _assign(inputs, name, value)


def _is_stored_file(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("FILE-STORAGE::")


def _assign(inputs: dict[str, Any], name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        if value or not inputs.get(name):
            _merge(inputs, name, value)
    elif value:
        inputs[name] = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _merge(inputs: dict[str, Any], name: str, value: Any) -> None:
    """Replace an input, or lay an object over an object (given as such or as JSON text)."""
    existing = inputs.get(name)
    if isinstance(existing, str) and existing.strip().startswith("{"):
        try:
            existing = orjson.loads(existing)
        except ValueError:
            existing = None
    both = isinstance(value, Mapping) and isinstance(existing, Mapping)
    inputs[name] = {**existing, **value} if both else value  # type: ignore[dict-item]


def _unite(inputs: dict[str, Any], name: str, value: list[Any]) -> None:
    existing = inputs.get(name)
    if not isinstance(existing, list):
        inputs[name] = value
        return
    inputs[name] = [*existing, *(item for item in value if item not in existing)]
