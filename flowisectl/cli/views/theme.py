"""Colours, marks and widths that every view shares."""

from __future__ import annotations

import io
from typing import TextIO

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

WIDTH = 80
"""Every view fits into so many columns."""

STATES = {
    "queued": ("○", "state.waiting"),
    "running": ("●", "state.running"),
    "done": ("✓", "state.good"),
    "failed": ("✗", "state.bad"),
    "aborted": ("■", "state.waiting"),
    "dead": ("✗", "state.bad"),
    # workers
    "taking": ("●", "state.good"),
    "draining": ("◐", "state.waiting"),
    "lost": ("✗", "state.bad"),
    # roles
    "ready": ("●", "state.good"),
    "not ready": ("✗", "state.bad"),
    "stale": ("✗", "state.bad"),
    "kept": ("✓", "faint"),
    "terminated": ("■", "state.waiting"),
    # nodes, as the engine names their ends
    "finished": ("✓", "state.good"),
    "error": ("✗", "state.bad"),
    "stopped": ("■", "state.waiting"),
}
_UNKNOWN = ("·", "faint")

THEME = Theme(
    {
        "faint": "dim",
        "title": "bold",
        "name": "cyan",
        "state.good": "green",
        "state.running": "bold cyan",
        "state.waiting": "yellow",
        "state.bad": "bold red",
        "bar": "cyan",
    }
)


def make_console(stream: TextIO, *, width: int | None = None) -> Console:
    """A console for one stream: colour on a terminal only; at least 80 columns when the lines go elsewhere.

    What the stream's encoding lacks becomes `?`: our signs, and names of flows, are not worth a failure.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    fixed = width if width is not None else (None if stream.isatty() else WIDTH)
    return Console(file=stream, theme=THEME, highlight=False, emoji=False, markup=False, width=fixed)


def mark(state: str) -> Text:
    """The sign of a state, in its colour."""
    sign, style = STATES.get(state.lower(), _UNKNOWN)
    return Text(sign, style=style)


def state_text(state: str) -> Text:
    return Text(state, style=STATES.get(state.lower(), _UNKNOWN)[1])
