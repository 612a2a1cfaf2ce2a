"""Small agentflows built in code, in the shape that the canvas exports them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from flowisectl.engine.flow import Flow, parse_flow
from flowisectl.nodes.discovery import load_catalogue

CATALOGUE = load_catalogue()


def node(node_id: str, inputs: Mapping[str, Any] | None = None, *, label: str = "", parent: str = "") -> dict[str, Any]:
    """A node whose type is its id without the number (`llmAgentflow_0`), with the definitions that an export carries."""
    name = node_id.rpartition("_")[0]
    definition = CATALOGUE.get(name).definition
    data = {
        "id": node_id,
        "name": name,
        "label": label or definition.label,
        "category": definition.category,
        "inputs": dict(inputs or {}),
        "inputParams": [param.to_json() for param in definition.inputs],
        "outputs": {},
    }
    return {"id": node_id, "data": data, **({"parentNode": parent, "extent": "parent"} if parent else {})}


def start(**inputs: Any) -> dict[str, Any]:
    return node("startAgentflow_0", {"startInputType": "chatInput", **inputs})


def llm(number: int = 0, *, label: str = "", parent: str = "", **inputs: Any) -> dict[str, Any]:
    values = {"llmModel": "chatScripted", "llmEnableMemory": True, "llmMemoryType": "allMessages", **inputs}
    return node(f"llmAgentflow_{number}", values, label=label, parent=parent)


def reply(number: int = 0, message: str = "<p>done</p>") -> dict[str, Any]:
    return node(f"directReplyAgentflow_{number}", {"directReplyMessage": message})


def agentflow(nodes: Sequence[Mapping[str, Any]], edges: Sequence[tuple[Any, ...]], **fields: Any) -> Flow:
    """A flow. An edge is `(source, target)`, or `(source, target, index)` for an output of a node that branches."""
    lines = []
    for source, target, *index in edges:
        handle = f"{source}-output-{index[0]}" if index else f"{source}-output-{source.rpartition('_')[0]}"
        lines.append({"id": f"{handle}-{target}", "source": source, "target": target, "sourceHandle": handle, "targetHandle": target})
    return parse_flow({"nodes": list(nodes), "edges": lines}, id="flow-1", kind="AGENTFLOW", **fields)


def chain(*nodes: Mapping[str, Any], **fields: Any) -> Flow:
    """A flow whose nodes follow each other."""
    ids = [item["id"] for item in nodes]
    return agentflow(nodes, list(pairwise(ids)), **fields)
