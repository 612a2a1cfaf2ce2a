"""Small chatflows for tests, built node by node as the canvas exports them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import orjson

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.flow import Flow, parse_flow
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs


class FlowBuilder:
    """Collects nodes and edges; `flow()` parses them. A node's inputs that name other nodes get their edges by `{{id.data.instance}}`."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []

    def node(self, node_id: str, name: str, category: str, *, output: str = "", accepts: tuple[str, ...] = (), label: str = "",
             credential: str = "", json_inputs: tuple[str, ...] = (), **inputs: Any) -> FlowBuilder:  # fmt: skip
        params = [{"name": key, "type": "json" if key in json_inputs else "string", "acceptVariable": key in accepts} for key in inputs]
        data = {
            "id": node_id, "name": name, "label": label or name, "category": category, "inputs": inputs, "inputParams": params,
            "outputs": {"output": output} if output else {}, "credential": credential,
        }  # fmt: skip
        self.nodes.append({"id": node_id, "data": data})
        text = orjson.dumps(inputs).decode()
        for other in [node["id"] for node in self.nodes]:
            if f"{{{{{other}.data.instance" in text:
                self.edge(other, node_id)
        return self

    def edge(self, source: str, target: str, source_output: str = "") -> FlowBuilder:
        handle = f"{source}-output-{source_output or 'any'}-Any"
        self.edges.append({"id": f"{source}-{target}", "source": source, "target": target, "sourceHandle": handle, "targetHandle": target})
        return self

    def flow(self, **columns: Any) -> Flow:
        return parse_flow({"nodes": self.nodes, "edges": self.edges}, id="flow-1", kind="CHATFLOW", **columns)


def instance(node_id: str, path: str = "") -> str:
    """A reference to what another node built."""
    return f"{{{{{node_id}.data.instance{path}}}}}"


class PythonNode(Node):
    """A node whose build and run are Python functions of (inputs, context)."""

    def __init__(self, name: str, build: Callable[..., Any] | None, run: Callable[..., Any] | None) -> None:
        self.definition = NodeDefinition(  # type: ignore[misc]
            name=name, label=name, category="Tests", version=1, base_classes=("Any",)
        )
        self._build = build
        self._run = run

    async def build(self, inputs: NodeInputs, context: RunContext) -> Any:
        return await _awaited(self._build(inputs, context)) if self._build else await super().build(inputs, context)

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any] | str:
        answer: Mapping[str, Any] | str
        answer = await _awaited(self._run(inputs, context)) if self._run else await super().run(inputs, context)
        return answer


async def _awaited(value: Any) -> Any:
    return await value if isinstance(value, Awaitable) else value


def catalogue_of(**nodes: tuple[Callable[..., Any] | None, Callable[..., Any] | None]) -> NodeCatalogue:
    """A catalogue of Python nodes: name → (build, run)."""
    return NodeCatalogue({name.lower(): partial(PythonNode, name, build, run) for name, (build, run) in nodes.items()})


def permissions(nodes: Mapping[str, list[str]] | None = None, variables: list[str] | None = None, *, status: bool = True) -> str:
    """The text of `apiConfig` that allows these inputs (by node label) and variables."""
    config = {
        "status": status,
        "nodes": {label: [{"name": name, "enabled": True} for name in names] for label, names in (nodes or {}).items()},
        "variables": [{"name": name, "enabled": True} for name in variables or []],
    }
    return orjson.dumps({"overrideConfig": config}).decode()
