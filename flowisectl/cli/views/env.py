"""What `flowisectl env explain` shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns
from flowisectl.cli.views.theme import WIDTH
from flowisectl.cli.views.wrapping import hanging


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One variable. A secret's value never gets here."""

    section: str
    name: str
    value: str
    source: str
    """`environment`, or the path of a file; empty: it is not set, and `value` is the default."""
    readers: str
    about: str
    unit: str
    trap: str
    """Why the value may not be what was meant."""
    wrong: str = ""
    """Why it cannot be used."""


def env_view(rows: Sequence[Explained], unknown: Sequence[Explained], *, in_full: bool = False) -> RenderableType:
    """A line for each variable, defaults faint, and below it what should be known of a value that was set.

    With `in_full` also what the variable is for, and its unit.
    """
    columns = Columns(
        Column("variable", 35, gap=" "),
        Column("value", 18, gap=" "),
        Column("from", 11, gap=" "),
        Column("read by", WIDTH - 67, gap=""),
    )
    parts: list[RenderableType] = []
    for title, group in groupby(rows, key=lambda row: row.section):
        parts += [Text(), Text(title, "title")] if parts else [columns.head(), Text(title, "title")]
        for row in group:
            style = "" if row.source else "faint"
            source = Text(_place(row.source) if row.source else "default", "name" if row.source else "faint")
            parts.append(columns.line([Text(row.name, style), Text(row.value or "-", style), source, Text(row.readers, "faint")]))
            parts += _below(row, in_full)
    if unknown:
        parts += [Text(), Text("Read by nobody", "title")]
        parts += [hanging(Text(f"! {row.name}  ", "state.waiting"), f"{row.trap} (from {_place(row.source)})") for row in unknown]
    doubts = sum(bool(row.trap) for row in (*rows, *unknown))
    wrong = sum(bool(row.wrong) for row in rows)
    parts += [Text(), _summary(wrong, doubts)]
    return Group(*parts)


def _below(row: Explained, in_full: bool) -> list[Text]:
    lines = []
    if row.wrong:
        lines.append(hanging(Text("  ✗ ", "state.bad"), row.wrong))
    if row.trap:
        lines.append(hanging(Text("  ! ", "state.waiting"), row.trap))
    if row.about and in_full:
        lines.append(hanging(Text("    "), row.about))
    if row.unit and (row.source or in_full):
        lines.append(hanging(Text("    ", "faint"), row.unit, "faint"))
    return lines


def _summary(wrong: int, doubts: int) -> Text:
    if wrong:
        return Text(f"✗ {wrong} not allowed, {doubts} doubtful", "state.bad")
    return Text(f"! {doubts} doubtful", "state.waiting") if doubts else Text.assemble(("✓ ", "state.good"), "nothing is odd")


def _place(source: str) -> str:
    """A file by its name; the whole path is in --json."""
    return Path(source).name if "/" in source else source
