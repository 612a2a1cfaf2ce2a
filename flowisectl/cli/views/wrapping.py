"""Texts that need more than one line."""

from __future__ import annotations

from textwrap import wrap

from rich.text import Text

from flowisectl.cli.views.theme import WIDTH


def hanging(head: Text, text: str, style: str = "") -> Text:
    """A text broken into lines of the page's width, the later ones under the first's beginning."""
    lines = wrap(text, WIDTH - head.cell_len, break_on_hyphens=False) or [""]
    return Text.assemble(head, (("\n" + " " * head.cell_len).join(lines), style))
