"""What `flowisectl flows list` and `flows show` show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns, left_and_right, one_line
from flowisectl.cli.views.theme import WIDTH
from flowisectl.engine.flow import Flow


def flows_view(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    """One line for each flow. Ids are whole, to be copied."""
    if not rows:
        return Text("no flow yet: `flowisectl flows import FILE` brings one", "faint")
    columns = Columns(Column("id", 36), Column("type", 10), Column("name", WIDTH - 50, gap=""))
    lines = [columns.line([Text(row["id"], "name"), Text((row["type"] or "").lower(), "faint"), row["name"]]) for row in rows]
    return Group(columns.head(), *lines)


def flow_view(flow: Flow, row: Mapping[str, Any], *, unknown: Collection[str] = ()) -> RenderableType:
    """A flow's nodes in the order of the file, each with where its output goes; `unknown` are ids of nodes that do not run here."""
    columns = Columns(Column("", 1, gap=" "), Column("node", 30), Column("type", 24), Column("goes to", 20, gap=""))
    lines = [columns.head()]
    for node in flow.nodes:
        targets = [edge.target for edge in flow.edges if edge.source == node.id]
        sign = Text("✗", "state.bad") if node.id in unknown else Text("✓", "state.good")
        lines.append(columns.line([sign, Text(node.id, "name"), node.name, ", ".join(targets)]))
    parts: list[RenderableType] = [
        left_and_right(Text(flow.name, "title"), Text(flow.kind.lower(), "faint"), WIDTH),
        Text(f"{flow.id}, changed {row['updatedDate']}", "faint"),
        Text(),
        *lines,
    ]
    if unknown:
        parts += [Text(), one_line("✗ not in this version: the flow fails there; see `flowisectl nodes list`", WIDTH, style="state.bad")]
    return Group(*parts)
