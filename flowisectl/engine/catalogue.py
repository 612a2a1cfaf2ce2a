"""The nodes that this version has, by the name that flows use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeInputs
from flowisectl.engine.removed_nodes import remedy_for
from flowisectl.errors import BrokenNode, UnknownNode

log = logging.getLogger(__name__)


class NodeCatalogue:
    """Name → node. A node's module is imported when a flow first needs it, so a large catalogue costs nothing at start.

    `loaders` maps each name, in lower case and without underscores, to a function that gives the node. Names that differ in case
    alone are told apart by something in front of a slash.
    """

    def __init__(self, loaders: Mapping[str, Callable[[], Node]]) -> None:
        self._loaders = dict(loaders)
        self._alike: dict[str, list[str]] = {}
        for key in self._loaders:
            self._alike.setdefault(key.rpartition("/")[2], []).append(key)
        self._nodes: dict[str, Node] = {}
        self._broken: dict[str, str] = {}

    @property
    def broken(self) -> Mapping[str, str]:
        """Loader's name → why its node cannot be had: of those that were asked for, so all of them after an iteration."""
        return MappingProxyType(self._broken)

    def get(self, name: str, *, node_id: str = "", flow_id: str = "") -> Node:
        """The node of this name; names are case-sensitive. Raises UnknownNode, BrokenNode."""
        node = self._nodes.get(name)
        if node is None:
            keys = self._alike.get(name.lower().replace("_", ""), [])
            node = next((found for key in keys if (found := self._load(key)) is not None and found.definition.name == name), None)
            if node is None:
                broken = next((key for key in keys if key in self._broken), None)
                if broken is not None:
                    raise BrokenNode(name, self._broken[broken], node_id, flow_id)
                raise UnknownNode(name, node_id, flow_id, remedy=remedy_for(name))
            self._nodes[name] = node
        return node

    def label_of(self, name: str) -> str:
        """The label that people know a node by; the name itself where there is no such node."""
        return self.get(name).definition.label if name in self else name

    def __contains__(self, name: str) -> bool:
        try:
            self.get(name)
        except UnknownNode:
            return False
        return True

    def __iter__(self) -> Iterator[Node]:
        """Every node that can be had, in order of its name. This imports them all; what cannot be imported is in `broken`."""
        for key in sorted(self._loaders):
            node = self._load(key)
            if node is not None:
                yield node

    def _load(self, key: str) -> Node | None:
        """None for a node whose module fails; it is not tried again, and the log says so once."""
        if key in self._broken:
            return None
        try:
            return self._loaders[key]()
        except Exception as error:  # whatever a module does while it is imported
            self._broken[key] = f"{type(error).__name__}: {error}"
            log.exception("node %s cannot be loaded and is left out", key)
            return None

    async def build(self, name: str, inputs: Mapping[str, Any], context: RunContext, *, node_id: str = "", credential_id: str = "") -> Any:
        """Build what a component offers, for nodes that name one in their own inputs (engine.context.NodeFactory)."""
        node = self.get(name, node_id=node_id, flow_id=context.flow_id)
        credential = await context.credentials.fields(credential_id) if credential_id else {}
        return await node.build(NodeInputs(inputs, node_id=node_id, label=node.definition.label, credential=credential), context)
