"""What `flowisectl texts` shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.wrapping import hanging
from flowisectl.texts.taking_over import Taken
from flowisectl.texts.text import BuiltInRows, BuiltInText

_NAME_WIDTH = 28


def texts_view(texts: Iterable[BuiltInText | BuiltInRows], replaced: Collection[str]) -> RenderableType:
    """A line for each text; those that are replaced are marked."""
    parts: list[RenderableType] = [
        hanging(_head("●" if text.name in replaced else " ", "state.good", text.name), text.purpose) for text in texts
    ]
    told = (
        f"● {len(replaced)} replaced by BUILT_IN_TEXTS_PATH" if replaced else "all are flowisectl's own: BUILT_IN_TEXTS_PATH replaces them"
    )
    return Group(*parts, Text(), Text(told, "faint"))


def taken_view(taken: Sequence[Taken]) -> RenderableType:
    """Where each text was found, or why it was not; then what to do with the file."""
    parts: list[RenderableType] = [
        hanging(_head("✗", "state.bad", text.name), text.trouble)
        if text.value is None
        else hanging(_head("✓", "state.good", text.name), text.place, "faint")
        for text in taken
    ]
    found = sum(text.value is not None for text in taken)
    told = f"{found} of {len(taken)} texts are in the file. They stay your copy, under the licences of the packages."
    missing = "" if found == len(taken) else " For those that were not found, flowisectl's own are used."
    return Group(*parts, Text(), hanging(Text(), f"{told}{missing} Put this line into .env, for main and workers:"))


def setting_line(file: Path) -> str:
    """The file as a line of `.env`; its path is never broken or shortened."""
    shown = f'"{file}"' if set(str(file)) & set(" #'$") else str(file)
    return f"BUILT_IN_TEXTS_PATH={shown}"


def _head(sign: str, style: str, name: str) -> Text:
    return Text.assemble((f"{sign} ", style), (f"{name:<{_NAME_WIDTH}}", "name"))
