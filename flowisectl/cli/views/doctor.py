"""What `flowisectl doctor` shows."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.examination import Result, Verdict
from flowisectl.cli.views.wrapping import hanging

_SIGNS = {Verdict.OK: ("✓", "state.good"), Verdict.WARNING: ("!", "state.waiting"), Verdict.BROKEN: ("✗", "state.bad")}


def doctor_view(results: Sequence[Result]) -> RenderableType:
    """A line for each thing that was tried; a longer text goes on below itself."""
    lines: list[RenderableType] = []
    for result in results:
        sign, style = _SIGNS[result.level]
        lines.append(
            hanging(
                Text.assemble((f"{sign} ", style), (f"{result.what:<13}", "name")),
                result.text,
                "faint" if result.level is Verdict.OK else "",
            )
        )
    broken = sum(result.level is Verdict.BROKEN for result in results)
    doubts = sum(result.level is Verdict.WARNING for result in results)
    end = (
        Text("all is well", "state.good")
        if not broken + doubts
        else Text(f"{broken} broken, {doubts} to look at", "state.bad" if broken else "state.waiting")
    )
    return Group(*lines, Text(), end)
