"""What is wrong with a flow before it runs: the checklist of the canvas (GET /validation/:id)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidRequest
from flowisectl.predictions.schedule_times import START, check_cron, cron_of

_NOTES = frozenset({"stickyNote", "stickyNoteAgentflow"})
_START_OF_LIST = 1


def issues_of(flow_data: str, *, min_schedule_seconds: int = 60) -> list[dict[str, Any]]:
    """`{id, label, name, issues}` of every node and edge that has any; empty when all is well or the text is no flow."""
    try:
        data = orjson.loads(flow_data)
    except ValueError:
        return []
    nodes = [node for node in _objects(data, "nodes") if isinstance(node.get("data"), dict) and str(node["data"].get("name")) not in _NOTES]
    edges = _objects(data, "edges")
    connected = {str(edge.get(end)) for edge in edges for end in ("source", "target")}
    found = []
    for node in nodes:
        values = node["data"]
        issues = list(dict.fromkeys(_node_issues(node, values, connected, len(nodes), edges, min_schedule_seconds)))
        if issues:
            found.append({"id": node.get("id"), "label": values.get("label"), "name": values.get("name"), "issues": issues})
    return found + _edge_issues(nodes, edges)


def _objects(data: Any, name: str) -> list[dict[str, Any]]:
    listed = data.get(name) if isinstance(data, dict) else None
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _node_issues(
    node: Mapping[str, Any], values: Mapping[str, Any], connected: set[str], count: int, edges: list[dict[str, Any]], min_seconds: int
) -> Iterator[str]:
    node_id = str(node.get("id"))
    if node_id not in connected and not node.get("parentNode") and count > 1:
        yield "This node is not connected to anything"
    given = values.get("inputs")
    inputs: dict[str, Any] = given if isinstance(given, dict) else {}
    for param in _objects(values, "inputParams"):
        if not _is_shown(param, inputs):
            continue
        if param.get("type") == "credential":
            if not param.get("optional") and not _credential_of(values, inputs):
                yield "Credential is required"
        elif param.get("type") == "array":
            yield from _item_issues(param, inputs)
        elif _is_missing(param, inputs):
            yield f"{param.get('label', param.get('name'))} is required"
        elif param.get("loadConfig"):
            yield from _config_issues(param, inputs)
    for anchor in _objects(values, "inputAnchors"):
        if not anchor.get("optional") and not _is_wired(node_id, anchor, inputs, edges):
            yield f"{anchor.get('label', anchor.get('name'))} is required"
    if values.get("name") == START and inputs.get("startInputType") == "scheduleInput":
        yield from _schedule_issues(inputs, min_seconds)


def _is_missing(param: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    if param.get("optional") or param.get("default") is not None or param.get("type") == "boolean":
        return False
    value = inputs.get(str(param.get("name")))
    return value is None or (isinstance(value, str) and not value.strip())


def _is_shown(param: Mapping[str, Any], inputs: Mapping[str, Any], index: int | None = None) -> bool:
    """Whether `show` and `hide` let the field be seen with these inputs."""
    if param.get("display") is False:
        return False
    show, hide = param.get("show"), param.get("hide")
    if isinstance(show, Mapping) and not all(_matches(name, wanted, inputs, index) for name, wanted in show.items()):
        return False
    return not (isinstance(hide, Mapping) and hide and all(_matches(name, wanted, inputs, index) for name, wanted in hide.items()))


def _matches(path: str, wanted: Any, inputs: Mapping[str, Any], index: int | None) -> bool:
    value: Any = inputs
    for part in path.replace("[$index]", f".{index}" if index is not None else "").split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            value = None
    choices = wanted if isinstance(wanted, list) else [wanted]
    values = value if isinstance(value, list) else [value]
    return any(item == choice for item in values for choice in choices)


def _credential_of(values: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
    return values.get("credential") or inputs.get("credential") or inputs.get("FLOWISE_CREDENTIAL_ID")


def _item_issues(param: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[str]:
    items = inputs.get(str(param.get("name")))
    label = param.get("label", param.get("name"))
    for number, item in enumerate(items if isinstance(items, list) else ()):
        for field in _objects(param, "array"):
            if not isinstance(item, dict) or not _is_shown(field, {**inputs, **item}, number):
                continue
            if _is_missing(field, item):
                yield f"{label} item #{number + _START_OF_LIST}: {field.get('label', field.get('name'))} is required"


def _config_issues(param: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[str]:
    """A component that the node configures itself: its own credential."""
    name = str(param.get("name"))
    config = inputs.get(f"{name}Config")
    if not isinstance(config, dict):
        return
    wanted = next((field for field in _objects(config, "inputParams") if field.get("type") == "credential"), None)
    if wanted is not None and not wanted.get("optional") and not _credential_of(config, config):
        yield f"{param.get('label', name)} requires a credential"


def _is_wired(node_id: str, anchor: Mapping[str, Any], inputs: Mapping[str, Any], edges: list[dict[str, Any]]) -> bool:
    if inputs.get(str(anchor.get("name"))):
        return True
    mark = f"{node_id}-input-{anchor.get('name')}-"
    return any(edge.get("target") == node_id and str(edge.get("targetHandle", "")).startswith(mark) for edge in edges)


def _schedule_issues(inputs: Mapping[str, Any], min_seconds: int) -> Iterator[str]:
    reader = NodeInputs(inputs)
    try:
        check_cron(cron_of(reader), reader.text("scheduleTimezone", "UTC"), min_seconds=min_seconds)
    except InvalidRequest as error:
        yield f"Schedule configuration is invalid: {error.message}"


def _edge_issues(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {str(node.get("id")) for node in nodes}
    found = []
    for edge in edges:
        source, target = str(edge.get("source")), str(edge.get("target"))
        if source not in known and target not in known:
            text = "Disconnected edge - both source and target nodes do not exist"
        elif source not in known:
            text = f"Connected to non-existent source node {source}"
        elif target not in known:
            text = f"Connected to non-existent target node {target}"
        else:
            continue
        found.append({"id": edge.get("id"), "label": f"Edge {edge.get('id')}", "name": "edge", "issues": [text]})
    return found
