"""Flow files: what Flowise's "Export Chatflow" writes (`{nodes, edges, viewport}`), read, bound and written again."""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from flowisectl.cli.failure import CommandFailed

MAX_BYTES = 50 * 1024 * 1024
STANDARD_INPUT = Path("-")
_EXPORT_SUFFIX = re.compile(r"[ _](Chatflow|Agents|Agentflow|AgentflowV2)$", re.IGNORECASE)
_SECRET_TYPES = frozenset({"password", "file", "folder"})
_CREDENTIAL_MEMBERS = frozenset({"FLOWISE_CREDENTIAL_ID", "credentialId"})


def read_flow_file(path: Path) -> dict[str, Any]:
    """The flow's data; `-` is standard input. A row as the API gives it (with `flowData`) is taken as well. Raises CommandFailed."""
    try:
        text = _read(path)
        if len(text) > MAX_BYTES:
            raise CommandFailed(f"{path}: larger than 50 MB; is this an exported flow?")
        data = orjson.loads(text)
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise CommandFailed(f'{path} is not JSON ({error}): export the flow with "Export Chatflow"') from error
    if isinstance(data, dict) and isinstance(data.get("flowData"), str):
        try:
            data = orjson.loads(data["flowData"])
        except ValueError as error:
            raise CommandFailed(f"{path}: its flowData is not JSON ({error}): export the flow again") from error
    if not isinstance(data, dict) or not isinstance(data.get("nodes"), list):
        raise CommandFailed(f'{path} has no list of nodes: export the flow with "Export Chatflow"')
    flow_data: dict[str, Any] = data
    return flow_data


def _read(path: Path) -> bytes:
    """At most a byte more than what is allowed. Raises OSError."""
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def name_of(path: Path) -> str:
    """The flow's name: the file's, without what the export appends."""
    return _EXPORT_SUFFIX.sub("", path.stem).strip() or path.stem


def set_input(flow_data: dict[str, Any], assignment: str) -> None:
    """Apply `NODE.INPUT=VALUE`; NODE is an id, a label or a type, INPUT may go deeper (`llmModelConfig.basepath`).

    Raises CommandFailed.
    """
    target, equals, value = assignment.partition("=")
    node_name, dot, path = target.partition(".")
    if not (equals and dot and node_name and path):
        raise CommandFailed(f"--set {assignment}: write NODE.INPUT=VALUE, such as chatOpenAI_0.basepath=http://127.0.0.1:8000/v1")
    node = _one_node(flow_data, node_name, f"--set {assignment}")
    place = _inputs(node)
    *above, last = path.split(".")
    known = {*place, *(str(param.get("name")) for param in node.get("inputParams") or () if isinstance(param, dict))}
    if (above or [last])[0] not in known:
        raise CommandFailed(f"--set {assignment}: node {node['id']} has no such input; it has {', '.join(sorted(known)) or 'none'}")
    for part in above:
        deeper = place.get(part)
        if not isinstance(deeper, dict):
            deeper = place[part] = {}
        place = deeper
    place[last] = value


def bind_credential(flow_data: dict[str, Any], binding: str) -> None:
    """Apply `NODE=CREDENTIAL_ID`. A node that names a model in its inputs gets the credential for that model. Raises CommandFailed."""
    node_name, equals, credential_id = binding.partition("=")
    if not (equals and node_name and credential_id):
        raise CommandFailed(f"--credential {binding}: write NODE=CREDENTIAL_ID")
    node = _one_node(flow_data, node_name, f"--credential {binding}")
    configs = [value for name, value in _inputs(node).items() if name.endswith("ModelConfig") and isinstance(value, dict)]
    for config in configs:
        config["FLOWISE_CREDENTIAL_ID"] = credential_id
    if not configs:
        node["credential"] = credential_id


def to_export(flow_data: Mapping[str, Any]) -> dict[str, Any]:
    """The flow as a file for others: without credential ids, passwords and uploaded files."""
    data: dict[str, Any] = {name: copy.deepcopy(flow_data[name]) for name in ("nodes", "edges", "viewport") if name in flow_data}
    for node in data.get("nodes", []):
        inner = node.get("data") if isinstance(node, dict) else None
        if isinstance(inner, dict):
            inner.pop("credential", None)
            secret = {str(p.get("name")) for p in inner.get("inputParams") or () if isinstance(p, dict) and p.get("type") in _SECRET_TYPES}
            inner["inputs"] = _without(inner.get("inputs"), secret | _CREDENTIAL_MEMBERS)
    return data


def _without(value: Any, names: frozenset[str] | set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(item, names) for name, item in value.items() if name not in names}
    return [_without(item, names) for item in value] if isinstance(value, list) else value


def _one_node(flow_data: Mapping[str, Any], name: str, option: str) -> dict[str, Any]:
    """The data of the node with this id or, when only one has it, this label or type."""
    nodes: list[dict[str, Any]] = [
        node["data"] for node in flow_data["nodes"] if isinstance(node, dict) and isinstance(node.get("data"), dict)
    ]
    for member in ("id", "label", "name"):
        found = [node for node in nodes if node.get(member) == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise CommandFailed(f"{option}: {len(found)} nodes are called {name}; give an id: {', '.join(str(n.get('id')) for n in found)}")
    ids = ", ".join(str(node.get("id")) for node in nodes)
    raise CommandFailed(f"{option}: the flow has no node {name}; it has {ids or 'none'}")


def _inputs(node: dict[str, Any]) -> dict[str, Any]:
    inputs = node.get("inputs")
    if not isinstance(inputs, dict):
        inputs = node["inputs"] = {}
    return inputs
