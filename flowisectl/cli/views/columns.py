"""Lines of fixed columns, so that a whole page is aligned and a long cell never wraps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

GAP = "  "


@dataclass(frozen=True)
class Column:
    title: str
    width: int
    """Terminal cells; a longer text ends in `…`."""
    is_right: bool = False
    gap: str = GAP
    """What follows the column."""


class Columns:
    """Makes lines out of cells; the cells of one column stand under each other."""

    def __init__(self, *columns: Column) -> None:
        self._columns = columns

    def head(self) -> Text:
        return self.line([Text(column.title, "faint") for column in self._columns])

    def line(self, cells: Sequence[Text | str]) -> Text:
        line = Text(no_wrap=True, overflow="crop")
        for column, cell in zip(self._columns, cells, strict=True):
            text = Text(cell) if isinstance(cell, str) else cell.copy()
            text.truncate(column.width, overflow="ellipsis")
            missing = " " * (column.width - text.cell_len)
            line.append_text(Text(missing) + text if column.is_right else text + Text(missing))
            line.append(column.gap)
        line.rstrip()
        return line


def one_line(text: str, width: int, *, indent: int = 0, style: str = "") -> Text:
    """A text on one line of at most so many cells, the indentation included."""
    line = Text(" " * indent + " ".join(text.split()), style, no_wrap=True, overflow="crop")
    line.truncate(width, overflow="ellipsis")
    return line


def left_and_right(left: Text, right: Text, width: int) -> Text:
    """Two texts at the ends of one line."""
    gap = max(1, width - left.cell_len - right.cell_len)
    return Text.assemble(left, " " * gap, right)
