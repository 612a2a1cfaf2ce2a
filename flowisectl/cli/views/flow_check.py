"""What `flowisectl flows check` shows."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns, left_and_right, one_line
from flowisectl.cli.views.theme import WIDTH
from flowisectl.engine.flow_check import FlowVerdict, NodeVerdict, Verdict

_SIGNS = {
    Verdict.RUNS: ("✓", "state.good"),
    Verdict.NEEDS_CREDENTIAL: ("!", "state.waiting"),
    Verdict.NEEDS_EXTRA: ("✗", "state.bad"),
    Verdict.NOT_SUPPORTED: ("✗", "state.bad"),
}


def verdict_view(name: str, kind: str, verdict: FlowVerdict) -> RenderableType:
    """One line for each node, then what to do, each remedy once with the nodes that it is for."""
    columns = Columns(Column("", 1, gap=" "), Column("node", 28), Column("component", 28), Column("verdict", 17, gap=""))
    lines = [columns.head()]
    for node in verdict.nodes:
        sign, style = _SIGNS[node.verdict]
        shown = Text(f"  {node.within}", "faint") if node.within else Text(node.node_id, "name")
        lines.append(columns.line([Text(sign, style), shown, node.name, Text(node.verdict.value, style)]))
    parts: list[RenderableType] = [left_and_right(Text(name, "title"), Text(kind.lower(), "faint"), WIDTH), Text(), *lines]
    remedies = _remedies(verdict.nodes)
    if remedies:
        parts.append(Text())
    for remedy, nodes in remedies.items():
        parts += [one_line(f"{', '.join(nodes)}:", WIDTH), one_line(remedy, WIDTH, indent=2, style="name")]
    return Group(*parts)


def _remedies(nodes: tuple[NodeVerdict, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in nodes:
        if node.remedy:
            places = found.setdefault(node.remedy, [])
            if node.node_id not in places:
                places.append(node.node_id)
    return found
