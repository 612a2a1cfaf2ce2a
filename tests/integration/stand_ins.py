"""The project's own nodes, where objects of the test take the places of those that would reach the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.catalogue import NodeCatalogue
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.nodes.discovery import load_catalogue


class StandIn(Node):
    def __init__(self, name: str, built: Any) -> None:
        self.definition = NodeDefinition(  # type: ignore[misc]
            name=name, label=name, category="Tests", version=1, base_classes=("Any",)
        )
        self._built = built

    async def build(self, inputs: NodeInputs, context: RunContext) -> Any:
        return self._built


class Stage(NodeCatalogue):
    def __init__(self, built: Mapping[str, Any]) -> None:
        """`built`: by the name of a node type, what its node gives."""
        super().__init__({})
        self._real = load_catalogue()
        self._stand_ins = {name: StandIn(name, thing) for name, thing in built.items()}

    def get(self, name: str, *, node_id: str = "", flow_id: str = "") -> Node:
        return self._stand_ins.get(name) or self._real.get(name, node_id=node_id, flow_id=flow_id)
