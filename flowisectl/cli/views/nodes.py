"""What `flowisectl nodes list` and `nodes show` show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns, left_and_right
from flowisectl.cli.views.theme import WIDTH
from flowisectl.engine.node import NodeDefinition


def nodes_view(definitions: Sequence[NodeDefinition]) -> RenderableType:
    """The types under their categories."""
    if not definitions:
        return Text("no such category: `flowisectl nodes list` shows all", "faint")
    columns = Columns(Column("", 2, gap=""), Column("name", 34), Column("label", WIDTH - 38, gap=""))
    parts: list[RenderableType] = []
    ordered = sorted(definitions, key=lambda item: (item.category, item.name))
    for category, group in groupby(ordered, key=lambda item: item.category):
        items = list(group)
        parts.append(Text(f"{category} ({len(items)})", "title"))
        parts += [columns.line(["", Text(item.name, "name"), item.label]) for item in items]
    return Group(*parts)


def node_view(definition: NodeDefinition) -> RenderableType:
    """One type: what it is, and what it takes."""
    columns = Columns(Column("input", 26), Column("type", 18), Column("default", 14), Column("label", WIDTH - 64, gap=""))
    lines = [columns.head()]
    for item in definition.inputs:
        name = Text() + Text(item.name, "name") + Text("" if item.optional or item.default is not None else " *", "state.waiting")
        default = "" if item.default is None else str(item.default)
        lines.append(columns.line([name, Text(item.type, "faint"), default, item.label]))
    parts: list[RenderableType] = [
        left_and_right(Text(definition.name, "title"), Text(f"{definition.category}, version {definition.version:g}", "faint"), WIDTH),
        Text(definition.description or definition.label),
        Text(),
        *lines,
    ]
    if definition.credential:
        optional = " (optional)" if definition.credential.optional else ""
        parts += [Text(), Text(f"credential: {', '.join(definition.credential.names)}{optional}")]
    return Group(*parts)
