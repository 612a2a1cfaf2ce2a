"""Tables in text form: one document for each row."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document

_DELIMITERS = ",;\t|"
_MAX_FIELD = 10_000_000
_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d{0,14})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?")
"""No leading zeros and no more digits than a number holds: such cells are numbers of articles or telephones."""
_FRACTION = re.compile(r"[.eE]")


def csv_documents(text: str, *, column: str = "", name: str = "") -> list[Document]:
    """`title: value` lines for every column, or one column's values alone. The first row has the titles.

    The delimiter is the one that the first line has most of. Metadata: `line`, counted from 1, when there are several rows.
    Raises InvalidFlow for an unknown column or text that is no table.
    """
    rows = _cells(text, "", name)
    if not rows:
        return []
    titles = _titles(rows[0])
    if column and column not in titles:
        raise InvalidFlow(f"file {name!r} has no column {column!r}; it has: {', '.join(titles[:50])}")
    contents = [_content(titles, row, column) for row in rows[1:]]
    several = len(contents) > 1
    return [
        Document(page_content=content, metadata={"line": line} if several else {})
        for line, content in enumerate(contents, start=1)
        if content.strip()
    ]


def csv_records(text: str, *, delimiter: str = "", name: str = "") -> list[dict[str, Any]]:
    """The rows as objects: column → number, boolean, text, or None for an empty cell. A column has numbers when all its cells are.

    Without a delimiter it is found as above. Raises InvalidFlow for text that is no table.
    """
    rows = _cells(text, delimiter, name)
    if not rows:
        return []
    titles = _titles(rows[0])
    columns = [[row[place].strip() if place < len(row) else "" for row in rows[1:]] for place in range(len(titles))]
    values = [_typed(column) for column in columns]
    return [dict(zip(titles, row, strict=True)) for row in zip(*values, strict=True)]


def _cells(text: str, delimiter: str, name: str) -> list[list[str]]:
    csv.field_size_limit(_MAX_FIELD)
    text = text.removeprefix("\ufeff")
    first = text.lstrip("\r\n").partition("\n")[0]
    try:
        return [row for row in csv.reader(io.StringIO(text), delimiter=delimiter or max(_DELIMITERS, key=first.count)) if row]
    except (csv.Error, TypeError) as error:
        raise InvalidFlow(f"file {name!r} is no table that can be read: {error}") from error


def _titles(row: list[str]) -> list[str]:
    return [title.strip() or f"_{place}" for place, title in enumerate(row)]


def _typed(column: list[str]) -> list[Any]:
    """The cells of a column as numbers or booleans where every one that is not empty is one, else as texts."""
    filled = [cell for cell in column if cell]
    if filled and all(_NUMBER.fullmatch(cell) for cell in filled):
        return [None if not cell else float(cell) if _FRACTION.search(cell) else int(cell) for cell in column]
    if filled and all(cell.lower() in ("true", "false") for cell in filled):
        return [None if not cell else cell.lower() == "true" for cell in column]
    return [cell or None for cell in column]


def _content(titles: list[str], row: list[str], column: str) -> str:
    values = row + [""] * (len(titles) - len(row))
    if column:
        return values[titles.index(column)]
    return "\n".join(f"{title}: {value.strip()}" for title, value in zip(titles, values, strict=False))
