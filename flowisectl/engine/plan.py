"""What can be known of a chatflow before any request: its ends, the order to build in, its inputs as templates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.graph import build_order, distances, ending_nodes, reachable, sources_of, targets_of
from flowisectl.engine.inputs import InputTemplates, compile_inputs


@dataclass(frozen=True, kw_only=True)
class Plan:
    endings: tuple[FlowNode, ...]
    """The nodes that can answer, in the order in which they are ready: the last one answers."""
    order: tuple[FlowNode, ...]
    """All ancestors of the endings, each after everything that feeds it; the endings are among them."""
    sources: Mapping[str, list[str]]
    targets: Mapping[str, list[str]]
    templates: Mapping[str, InputTemplates]
    skipped: frozenset[str]
    """Document loaders that only fill a vector store when it is written; a prediction doesn't load them."""
    memory_id: str
    """The node whose messages are `{{chat_history}}`, or an empty text."""
    uses_variables: bool

    def needed_for(self, endings: Iterable[str], dead: Collection[str]) -> set[str]:
        """Ids of the nodes that these endings need, without those of dead branches."""
        return reachable(endings, self.sources).difference(dead)


def plan_of(flow: Flow) -> Plan:
    """The plan of a flow, made once per flow. Raises InvalidFlow when nothing can answer or nodes form a circle."""
    plan: Plan | None = vars(flow).get("_plan")
    if plan is None:
        plan = vars(flow)["_plan"] = plan_towards(flow, ending_nodes(flow))
    return plan


def plan_towards(flow: Flow, endings: Sequence[FlowNode], *, fills_stores: bool = False) -> Plan:
    """The plan that leads to these nodes; with `fills_stores` no loader is skipped. Raises InvalidFlow when nodes form a circle."""
    node_ids = flow.by_id.keys()
    templates = {node.id: compile_inputs(node, node.inputs, node_ids) for node in flow.nodes}
    memory_id = _memory_of(endings, templates, flow)
    sources = sources_of(flow.edges)
    for node_id, template in templates.items():
        _add(sources, node_id, template.nodes)
    if memory_id:
        before_memory = reachable([memory_id], sources)
        for node_id, template in templates.items():
            if template.uses_history and node_id not in before_memory:
                _add(sources, node_id, [memory_id])
    depths = _depths(endings, sources)
    position = {node.id: index for index, node in enumerate(flow.nodes)}
    rank = {node_id: (depth, position[node_id]) for node_id, depth in depths.items()}
    order = tuple(flow.node(node_id) for node_id in build_order(set(depths), sources, rank))
    ending_ids = {node.id for node in endings}
    return Plan(
        endings=tuple(node for node in order if node.id in ending_ids),
        order=order,
        sources=sources,
        targets=targets_of(flow.edges),
        templates=templates,
        skipped=frozenset() if fills_stores else frozenset(node.id for node in order if _only_fills_a_store(node, flow)),
        memory_id=memory_id,
        uses_variables=any(template.uses_variables for template in templates.values()),
    )


def _depths(endings: Iterable[FlowNode], sources: Mapping[str, list[str]]) -> dict[str, int]:
    """How late each ancestor is built: 0 for the farthest ones, the most for the end. Later ends overrule earlier ones."""
    depths: dict[str, int] = {}
    for ending in endings:
        found = distances(ending.id, sources)
        farthest = max(found.values())
        depths.update({node_id: farthest - distance for node_id, distance in found.items()})
    return depths


def _memory_of(endings: Iterable[FlowNode], templates: Mapping[str, InputTemplates], flow: Flow) -> str:
    for ending in endings:
        for node_id in sorted(templates[ending.id].nodes):
            if node_id in str(ending.inputs.get("memory") or "") and flow.node(node_id).category == "Memory":
                return node_id
    return ""


def _only_fills_a_store(node: FlowNode, flow: Flow) -> bool:
    if node.category != "Document Loaders":
        return False
    targets = [flow.node(edge.target) for edge in flow.edges if edge.source == node.id]
    return any(target.category == "Vector Stores" and target.name != "memoryVectorStore" for target in targets)


def _add(sources: dict[str, list[str]], node_id: str, more: Iterable[str]) -> None:
    known = sources.setdefault(node_id, [])
    known += [source for source in more if source not in known]
