"""What is wrong with a flow before it runs: the checklist of the canvas (GET /validation/:id)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.node import NodeInputs
from flowisectl.errors import InvalidRequest
from flowisectl.predictions.schedule_times import START, check_cron, cron_of

_NOTES = frozenset({"stickyNote", "stickyNoteAgentflow"})
_START_OF_LIST = 1
_CREDENTIAL = "credential"


def issues_of(flow_data: str, catalogue: NodeCatalogue, *, min_schedule_seconds: int = 60) -> list[dict[str, Any]]:
    """`{id, label, name, issues}` of every node and edge that has any; empty when all is well or the text is no flow.

    As in Flowise, only what stands among a node's `inputs` counts: not a default, nor a credential beside them.
    """
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
        issues = list(dict.fromkeys(_node_issues(node, values, connected, catalogue, edges, min_schedule_seconds)))
        if issues:
            found.append({"id": node.get("id"), "label": values.get("label"), "name": values.get("name"), "issues": issues})
    return found + _edge_issues(nodes, edges)


def _objects(data: Any, name: str) -> list[dict[str, Any]]:
    listed = data.get(name) if isinstance(data, dict) else None
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _node_issues(
    node: Mapping[str, Any],
    values: Mapping[str, Any],
    connected: set[str],
    catalogue: NodeCatalogue,
    edges: list[dict[str, Any]],
    min_seconds: int,
) -> Iterator[str]:
    node_id = str(node.get("id"))
    if node_id not in connected and not node.get("parentNode"):
        yield "This node is not connected to anything"
    given = values.get("inputs")
    inputs: dict[str, Any] = given if isinstance(given, dict) else {}
    for param in _objects(values, "inputParams"):
        if not _is_shown(param, inputs):
            continue
        if param.get("type") == "array":
            yield from _item_issues(param, inputs)
        elif _is_missing(param, inputs):
            yield f"{param.get('label', param.get('name'))} is required"
        elif param.get("loadConfig"):
            yield from _config_issues(param, inputs, catalogue)
    if any(_wants_credential(param, inputs) for param in _objects(values, "inputParams")):
        yield "Credential is required"
    for anchor in _objects(values, "inputAnchors"):
        if not anchor.get("optional") and not _is_wired(node_id, anchor, inputs, edges):
            yield f"{anchor.get('label', anchor.get('name'))} is required"
    if values.get("name") == START and inputs.get("startInputType") == "scheduleInput":
        yield from _schedule_issues(inputs, min_seconds)


def _is_missing(param: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    return not param.get("optional") and inputs.get(str(param.get("name"))) in (None, "")


def _wants_credential(param: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    return param.get("name") == _CREDENTIAL and _is_shown(param, inputs) and _is_missing(param, inputs)


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


def _item_issues(param: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[str]:
    items = inputs.get(str(param.get("name")))
    label = param.get("label", param.get("name"))
    for number, item in enumerate(items if isinstance(items, list) else ()):
        for field in _objects(param, "array"):
            if not isinstance(item, dict) or not _is_shown(field, {**inputs, **item}, number):
                continue
            if _is_missing(field, item):
                yield f"{label} item #{number + _START_OF_LIST}: {field.get('label', field.get('name'))} is required"


def _config_issues(param: Mapping[str, Any], inputs: Mapping[str, Any], catalogue: NodeCatalogue) -> Iterator[str]:
    """A component that the node configures itself: what its definition wants and the configuration lacks."""
    name = str(param.get("name"))
    config, chosen = inputs.get(f"{name}Config"), str(inputs.get(name))
    if not isinstance(config, dict) or chosen not in catalogue:
        return
    component = catalogue.get(chosen).definition
    label = param.get("label", name)
    for field in component.inputs:
        wanted = field.to_json()
        if _is_shown(wanted, config) and _is_missing(wanted, config):
            yield f"{label} configuration: {field.label} is required"
    credential = component.credential
    if credential is not None and not credential.optional and not (config.get(_CREDENTIAL) or config.get("FLOWISE_CREDENTIAL_ID")):
        yield f"{label} requires a credential"


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
