"""A drafted agentflow as the canvas keeps it: nodes with their definitions, handles and places.

Format: `{"nodes": [...], "edges": [...]}` (React Flow). A node's handles are `<id>-output-<output>`, where the output is an index
for nodes that branch and the node's name for all others; edges arrive at the node's id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowisectl.engine.node import NodeDefinition

ITERATION, HUMAN = "iterationAgentflow", "humanInputAgentflow"
_COLUMN, _ROW, _INSET = 320, 160, 60
_WIDTH, _HEIGHT = 240, 80


@dataclass(frozen=True, kw_only=True)
class DraftNode:
    id: str
    definition: NodeDefinition
    label: str
    inputs: Mapping[str, Any]
    parent_id: str = ""
    """The iteration that the node lies in, or an empty text."""


@dataclass(frozen=True, kw_only=True)
class DraftEdge:
    source: str
    target: str
    output: int = 0
    """Which of the source's branches; 0 for a node with one way on."""


def branches_of(node: DraftNode) -> int:
    """How many ways lead on from a node that chooses one; 0 for a node that does not choose."""
    match node.definition.name:
        case "conditionAgentflow":
            return len(_rows(node, "conditions")) + 1  # and Else
        case "conditionAgentAgentflow":
            return len(_rows(node, "conditionAgentScenarios"))
        case "humanInputAgentflow":
            return 2
    return 0


def canvas(nodes: Sequence[DraftNode], edges: Sequence[DraftEdge]) -> dict[str, list[dict[str, Any]]]:
    """The flow's `nodes` and `edges`."""
    by_id = {node.id: node for node in nodes}
    places = _places(nodes, edges)
    widest = {node.id: _size_of(node, nodes, places) for node in nodes}
    return {
        "nodes": [_node(node, places[node.id], widest[node.id]) for node in nodes],
        "edges": [_edge(edge, by_id[edge.source], by_id[edge.target]) for edge in edges],
    }


def _node(node: DraftNode, place: tuple[int, int], size: tuple[int, int]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": node.id, "position": {"x": place[0], "y": place[1]}, "positionAbsolute": {"x": place[0], "y": place[1]}}
    shown |= {"type": "iteration" if node.definition.name == ITERATION else "agentFlow", "width": size[0], "height": size[1]}
    if node.definition.name == ITERATION:
        shown["style"] = {"width": size[0], "height": size[1]}
    if node.parent_id:
        shown |= {"parentNode": node.parent_id, "extent": "parent"}
    return {**shown, "selected": False, "data": _data(node)}


def _data(node: DraftNode) -> dict[str, Any]:
    """The definition, in which the fields are `inputParams` and `inputs` are their values."""
    data = node.definition.to_json()
    inputs = {param.name: param.default for param in node.definition.inputs if param.default is not None} | dict(node.inputs)
    params = [
        {**param.to_json(), "id": f"{node.id}-input-{param.name}-{param.type}", "display": _is_shown(param.show, param.hide, inputs)}
        for param in node.definition.inputs
    ]
    count, name = branches_of(node), node.definition.name
    outputs = [str(index) for index in range(count)] if count else [] if node.definition.hide_output else [name]
    return {
        **data,
        "id": node.id,
        "label": node.label,
        "inputs": inputs,
        "inputParams": params,
        "inputAnchors": [],
        "outputAnchors": [{"id": f"{node.id}-output-{output}", "label": node.definition.label, "name": name} for output in outputs],
        "outputs": {name: ""} if count else {},
        "selected": False,
    }


def _edge(edge: DraftEdge, source: DraftNode, target: DraftNode) -> dict[str, Any]:
    branches = branches_of(source)
    handle = f"{source.id}-output-{edge.output if branches else source.definition.name}"
    is_human = source.definition.name == HUMAN
    data: dict[str, Any] = {"sourceColor": source.definition.color, "targetColor": target.definition.color, "isHumanInput": is_human}
    if is_human:
        data["edgeLabel"] = ("proceed", "reject")[edge.output]
    elif branches:
        data["edgeLabel"] = str(edge.output)
    return {
        "id": f"{source.id}-{handle}-{target.id}-{target.id}",
        "type": "agentFlow",
        "source": source.id,
        "sourceHandle": handle,
        "target": target.id,
        "targetHandle": target.id,
        "data": data,
    }


def _places(nodes: Sequence[DraftNode], edges: Sequence[DraftEdge]) -> dict[str, tuple[int, int]]:
    """Where each node stands: a column for each step from the beginning. Nodes inside an iteration count from its corner."""
    places: dict[str, tuple[int, int]] = {}
    for parent in ("", *(node.id for node in nodes if node.definition.name == ITERATION)):
        inside = [node.id for node in nodes if node.parent_id == parent]
        depths = _depths(inside, edges)
        rows: dict[int, int] = {}
        for node_id in inside:
            depth = depths[node_id]
            row = rows[depth] = rows.get(depth, -1) + 1
            places[node_id] = (depth * _COLUMN + (_INSET if parent else 0), row * _ROW + (_INSET if parent else 0))
    return places


def _depths(ids: Sequence[str], edges: Sequence[DraftEdge]) -> dict[str, int]:
    """Steps from the beginning, by the longest way; a circle is not followed."""
    depths = dict.fromkeys(ids, 0)
    for _ in ids:
        is_settled = True
        for edge in edges:
            if edge.source in depths and edge.target in depths and depths[edge.target] <= depths[edge.source] < len(ids) - 1:
                depths[edge.target], is_settled = depths[edge.source] + 1, False
        if is_settled:
            break
    return depths


def _size_of(node: DraftNode, nodes: Sequence[DraftNode], places: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    inside = [places[item.id] for item in nodes if item.parent_id == node.id]
    if node.definition.name != ITERATION:
        return _WIDTH, _HEIGHT
    right, below = max((x for x, _ in inside), default=_INSET), max((y for _, y in inside), default=_INSET)
    return right + _WIDTH + _INSET, below + _HEIGHT + _INSET


def _is_shown(show: Mapping[str, Any], hide: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether a field is seen with these values; what a row of a list decides is seen."""
    if not all("[" in name or _is_one_of(inputs.get(name), wanted) for name, wanted in show.items()):
        return False
    return not (hide and all(_is_one_of(inputs.get(name), wanted) for name, wanted in hide.items()))


def _is_one_of(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, (list, tuple)) else value == wanted


def _rows(node: DraftNode, name: str) -> Sequence[Any]:
    rows = node.inputs.get(name)
    return rows if isinstance(rows, list) else ()
