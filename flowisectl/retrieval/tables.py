"""Tables in text form: one document for each row."""

from __future__ import annotations

import csv
import io

from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document

_DELIMITERS = ",;\t|"
_MAX_FIELD = 10_000_000


def csv_documents(text: str, *, column: str = "", name: str = "") -> list[Document]:
    """`title: value` lines for every column, or one column's values alone. The first row has the titles.

    The delimiter is the one that the first line has most of. Metadata: `line`, counted from 1, when there are several rows.
    Raises InvalidFlow for an unknown column or text that is no table.
    """
    csv.field_size_limit(_MAX_FIELD)
    text = text.removeprefix("\ufeff")
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error as error:
        raise InvalidFlow(f"file {name!r} is no table that can be read: {error}") from error
    if not rows:
        return []
    titles = [title.strip() or f"_{place}" for place, title in enumerate(rows[0])]
    if column and column not in titles:
        raise InvalidFlow(f"file {name!r} has no column {column!r}; it has: {', '.join(titles[:50])}")
    contents = [_content(titles, row, column) for row in rows[1:]]
    several = len(contents) > 1
    return [
        Document(page_content=content, metadata={"line": line} if several else {})
        for line, content in enumerate(contents, start=1)
        if content.strip()
    ]


def _content(titles: list[str], row: list[str], column: str) -> str:
    values = row + [""] * (len(titles) - len(row))
    if column:
        return values[titles.index(column)]
    return "\n".join(f"{title}: {value.strip()}" for title, value in zip(titles, values, strict=False))
