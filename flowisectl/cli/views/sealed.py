"""What `flowisectl credentials check` shows."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns
from flowisectl.cli.views.theme import WIDTH
from flowisectl.secrets.sealed_values import SealedValue


def sealed_view(fingerprint: str, values: Sequence[SealedValue]) -> RenderableType:
    """One line for each value that the key does not open, and one that counts."""
    broken = [value for value in values if value.problem]
    summary = Text(f"key {fingerprint}: {len(values)} encrypted values, {len(broken)} do not open")
    if not broken:
        return summary
    columns = Columns(Column("table", 17), Column("id", 36), Column("name", WIDTH - 57, gap=""))
    lines = (columns.line([value.table, Text(value.id, "faint"), Text(value.name, "name")]) for value in broken)
    reasons = dict.fromkeys(value.problem for value in broken)
    return Group(columns.head(), *lines, Text(), summary, *(Text(reason) for reason in reasons))
