"""The nodes that this version has, by the name that flows use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import UnknownNode


class NodeCatalogue:
    """Name → node. A node's module is imported when a flow first needs it, so a large catalogue costs nothing at start.

    `loaders` maps each name, in lower case and without underscores, to a function that gives the node.
    """

    def __init__(self, loaders: Mapping[str, Callable[[], Node]]) -> None:
        self._loaders = dict(loaders)
        self._nodes: dict[str, Node] = {}

    def get(self, name: str, *, node_id: str = "", flow_id: str = "") -> Node:
        """The node of this name; names are case-sensitive. Raises UnknownNode."""
        node = self._nodes.get(name)
        if node is None:
            loader = self._loaders.get(name.lower().replace("_", ""))
            node = loader() if loader else None
            if node is None or node.definition.name != name:
                raise UnknownNode(name, node_id, flow_id)
            self._nodes[name] = node
        return node

    def __contains__(self, name: str) -> bool:
        try:
            self.get(name)
        except UnknownNode:
            return False
        return True

    def __iter__(self) -> Iterator[Node]:
        """Every node, in order of its name. This imports them all."""
        for key in sorted(self._loaders):
            yield self._loaders[key]()

    async def build(self, name: str, inputs: Mapping[str, Any], context: RunContext, *, node_id: str = "", credential_id: str = "") -> Any:
        """Build what a component offers, for nodes that name one in their own inputs (engine.context.NodeFactory)."""
        node = self.get(name, node_id=node_id, flow_id=context.flow_id)
        credential = await context.credentials.fields(credential_id) if credential_id else {}
        return await node.build(NodeInputs(inputs, node_id=node_id, label=node.definition.label, credential=credential), context)
