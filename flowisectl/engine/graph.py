"""Pure walks over a flow's nodes and edges: what ends it, what feeds what, in which order to build."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

from flowisectl.engine.flow import Flow, FlowEdge, FlowNode
from flowisectl.errors import InvalidFlow

ENDING_CATEGORIES = frozenset({"Chains", "Agents", "Engine", "Multi Agents", "Sequential Agents"})
ENDING_OUTPUT = "EndingNode"

NO_ENDING = "Ending nodes not found"
WRONG_ENDING = "Ending node must be either a Chain or Agent or Engine"


def ending_nodes(flow: Flow) -> list[FlowNode]:
    """The nodes that can answer: leaves that are a chain, an agent, an engine or a function chosen as the end.

    The only node of a flow is its own end. Raises InvalidFlow with the texts that clients know.
    """
    sources = {edge.source for edge in flow.edges}
    targets = {edge.target for edge in flow.edges}
    leaves = [node for node in flow.nodes if len(flow.nodes) == 1 or (node.id in targets and node.id not in sources)]
    if not leaves:
        raise InvalidFlow(NO_ENDING)
    endings = [node for node in leaves if is_ending(node)]
    if not endings:
        raise InvalidFlow(WRONG_ENDING)
    return endings


def is_ending(node: FlowNode) -> bool:
    return node.output == ENDING_OUTPUT or node.category in ENDING_CATEGORIES


def sources_of(edges: Iterable[FlowEdge]) -> dict[str, list[str]]:
    """Node id → ids of the nodes that feed it, each once, in order of the edges."""
    return _grouped((edge.target, edge.source) for edge in edges)


def targets_of(edges: Iterable[FlowEdge]) -> dict[str, list[str]]:
    """Node id → ids of the nodes that it feeds, each once, in order of the edges."""
    return _grouped((edge.source, edge.target) for edge in edges)


def reachable(start: Iterable[str], neighbours: Mapping[str, Sequence[str]]) -> set[str]:
    """The start nodes and everything that a walk along `neighbours` reaches."""
    found = set(start)
    waiting = list(found)
    while waiting:
        for other in neighbours.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def distances(end: str, sources: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Every ancestor's longest distance from `end`; `end` itself has 0. Raises InvalidFlow when the nodes form a circle."""
    order = build_order(reachable([end], sources), sources, {})
    found = {end: 0}
    for node_id in reversed(order):
        for source in sources.get(node_id, ()):
            found[source] = max(found.get(source, 0), found[node_id] + 1)
    return found


def build_order(wanted: set[str], sources: Mapping[str, Sequence[str]], rank: Mapping[str, tuple[int, int]]) -> list[str]:
    """The wanted nodes, each after all its sources; among nodes that are ready the lowest rank comes first.

    Raises InvalidFlow when the nodes form a circle.
    """
    missing = {node_id: {source for source in sources.get(node_id, ()) if source in wanted} for node_id in wanted}
    feeds: dict[str, list[str]] = {}
    for node_id, needed in missing.items():
        for source in needed:
            feeds.setdefault(source, []).append(node_id)
    ready = [(rank.get(node_id, (0, 0)), node_id) for node_id, needed in missing.items() if not needed]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        _, done = heapq.heappop(ready)
        order.append(done)
        for target in feeds.get(done, ()):
            missing[target].discard(done)
            if not missing[target]:
                heapq.heappush(ready, (rank.get(target, (0, 0)), target))
    if len(order) < len(wanted):
        circle = ", ".join(sorted(wanted.difference(order)))
        raise InvalidFlow(f"the nodes {circle} feed each other in a circle: remove one of the connections")
    return order


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, value in pairs:
        group = groups.setdefault(key, [])
        if value not in group:
            group.append(value)
    return groups
