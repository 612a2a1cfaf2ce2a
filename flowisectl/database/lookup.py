"""Hot reads of one row or none by an index, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

Row = dict[str, Any]
"""Column name → value as the HTTP API shows it."""


class Lookup:
    """A `SELECT` of at most one row that an index finds, with named parameters that are plain text or numbers.

    In SQLite it skips SQLAlchemy at run time: the compiled text goes to the driver as it is (4 µs instead of 70).
    """

    def __init__(self, statement: sa.Select[Any]) -> None:
        self.statement = statement.limit(1)
        dialect = sqlite.dialect(paramstyle="named")
        compiled = self.statement.compile(dialect=dialect)
        self.sqlite_text = str(compiled)
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._names = [column.name for column in self.statement.selected_columns]
        self._converters: list[tuple[str, Callable[[Any], Any]]] = []
        for column in self.statement.selected_columns:
            convert = column.type.result_processor(dialect, None)
            if convert is not None:
                self._converters.append((column.name, convert))

    def sqlite_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._fixed, **parameters}

    def row(self, values: tuple[Any, ...]) -> Row:
        """One row of SQLite's driver as `fetch` would give it."""
        row = dict(zip(self._names, values, strict=True))
        for name, convert in self._converters:
            row[name] = convert(row[name])
        return row
