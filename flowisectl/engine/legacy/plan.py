"""The graph that a flow of agents draws, read once per flow from its nodes and connections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flowisectl.engine.flow import Flow, FlowNode
from flowisectl.engine.legacy.schedule import Rules
from flowisectl.errors import InvalidFlow

SEQUENTIAL = "Sequential Agents"
MULTI = "Multi Agents"

_ROUTES = frozenset({"seqCondition", "seqConditionAgent"})
_WORKS = frozenset({"seqAgent", "seqLLMNode", "seqToolNode", "seqCustomFunction", "seqExecuteFlow"})
_TOOLS = "/tools"
_NO_MATCH = "end"


@dataclass(frozen=True, kw_only=True)
class GraphPlan:
    head: str
    """Id of the start node or the supervisor."""
    is_sequential: bool
    rules: Rules
    follows: Mapping[str, tuple[str, ...]]
    """Node id → ids of the nodes that come after it, as drawn: parts that work, conditions, loops, ends."""
    routes: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Condition → label of an output, in lower case → ids of the nodes behind it."""
    tool_nodes: frozenset[str]
    fed_by: Mapping[str, tuple[str, ...]]
    """Node id → ids of the conditions that lead to it."""
    workers: tuple[str, ...] = ()

    def beside(self, node_id: str) -> list[str]:
        """The tool nodes right before and after a node."""
        return [tool for tool in self.tool_nodes if tool in self.follows.get(node_id, ()) or node_id in self.follows.get(tool, ())]

    def before_tools(self, part_id: str) -> tuple[str, ...]:
        """The nodes whose models ask for the tools that a part calls."""
        if (owner := owner_of(part_id)) != part_id:
            return (owner,)
        return tuple(source for source, targets in self.follows.items() if part_id in targets) if part_id in self.tool_nodes else ()

    def after(self, node_id: str, *, calls_tools: bool) -> tuple[str, ...]:
        """Where a node goes on: to its tool nodes when its model asked for tools, else to the others."""
        targets = self.follows.get(node_id, ())
        tools = tuple(target for target in targets if target in self.tool_nodes)
        return tools if calls_tools and tools else tuple(target for target in targets if target not in self.tool_nodes)

    def behind(self, route_id: str, label: str) -> tuple[str, ...]:
        """Where an output of a condition leads; nowhere when nothing is connected to it."""
        return self.routes.get(route_id, {}).get(label.strip().lower(), ())


def own_tools(node_id: str) -> str:
    """The id of the part that calls the tools of an agent which must ask a human first."""
    return node_id + _TOOLS


def owner_of(part_id: str) -> str:
    """The node that a part belongs to."""
    return part_id.removesuffix(_TOOLS)


def is_agent_graph(endings: Iterable[FlowNode]) -> bool:
    """Whether a chatflow with these ends is a graph of agents."""
    return any(node.category in (SEQUENTIAL, MULTI) for node in endings)


def graph_plan_of(flow: Flow) -> GraphPlan:
    """The plan of a flow, made once. Raises InvalidFlow when the drawing is no graph of agents that can run."""
    plan: GraphPlan | None = vars(flow).get("_graph_plan")
    if plan is None:
        is_sequential = any(node.name == "seqStart" for node in flow.nodes) or not any(node.name == "supervisor" for node in flow.nodes)
        plan = vars(flow)["_graph_plan"] = _sequential(flow) if is_sequential else _team(flow)
    return plan


def _sequential(flow: Flow) -> GraphPlan:
    starts = [node for node in flow.nodes if node.name == "seqStart"]
    if len(starts) != 1:
        raise InvalidFlow(f"a flow of sequential agents needs exactly one Start node, this one has {len(starts)}")
    if not any(node.name in ("seqEnd", "seqLoop") for node in flow.nodes):
        raise InvalidFlow("a flow of sequential agents needs an End or a Loop node: connect one to the last agent")
    follows: dict[str, list[str]] = {}
    for edge in flow.edges:
        source, target = flow.node(edge.source), flow.node(edge.target)
        if source.category == target.category == SEQUENTIAL and source.name != "seqState" and target.name != "seqStart":
            _add(follows.setdefault(edge.source, []), edge.target)
    works = [node.id for node in flow.nodes if node.name in _WORKS]
    plain: dict[str, set[str]] = {}
    for source_id in (starts[0].id, *works):
        for target_id in follows.get(source_id, ()):
            plain.setdefault(target_id, set()).add(source_id)
    return GraphPlan(
        head=starts[0].id,
        is_sequential=True,
        rules=Rules(
            order=tuple(part for work in works for part in (work, own_tools(work))),
            joins={target: frozenset(sources) for target, sources in plain.items() if target in works and len(sources) > 1},
        ),
        follows={source: tuple(targets) for source, targets in follows.items()},
        routes={node.id: _outputs(flow, node) for node in flow.nodes if node.name in _ROUTES},
        tool_nodes=frozenset(node.id for node in flow.nodes if node.name == "seqToolNode"),
        fed_by=_fed_by(flow),
    )


def _team(flow: Flow) -> GraphPlan:
    supervisors = [node for node in flow.nodes if node.name == "supervisor"]
    if len(supervisors) != 1:
        raise InvalidFlow(f"a team of workers needs exactly one Supervisor, this flow has {len(supervisors)}")
    head = supervisors[0].id
    workers = tuple(node.id for node in flow.nodes if node.name == "worker")
    if not workers:
        raise InvalidFlow("the Supervisor has no worker: connect one to it")
    return GraphPlan(
        head=head,
        is_sequential=False,
        rules=Rules(order=(head, *workers)),
        follows={worker: (head,) for worker in workers},
        routes={},
        tool_nodes=frozenset(),
        fed_by={},
        workers=workers,
    )


def _outputs(flow: Flow, node: FlowNode) -> dict[str, tuple[str, ...]]:
    """Label of an output → the nodes behind it. Connections name an output by its handle, conditions by its label."""
    labels: dict[str, str] = {}
    for option in node.output_options:
        labels[str(option.get("id") or "")] = str(option.get("label") or option.get("name") or "")
    found: dict[str, list[str]] = {}
    for edge in flow.edges:
        if edge.source != node.id:
            continue
        name = edge.source_handle.removeprefix(f"{node.id}-output-").rsplit("-", 1)[0]
        label = labels.get(edge.source_handle) or name or _NO_MATCH
        _add(found.setdefault(label.strip().lower(), []), edge.target)
    return {label: tuple(targets) for label, targets in found.items()}


def _fed_by(flow: Flow) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for edge in flow.edges:
        if flow.node(edge.source).name in _ROUTES:
            _add(found.setdefault(edge.target, []), edge.source)
    return {target: tuple(sources) for target, sources in found.items()}


def _add(items: list[str], item: str) -> None:
    if item not in items:
        items.append(item)
