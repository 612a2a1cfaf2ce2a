"""Hot reads of PostgreSQL, past SQLAlchemy: a third of the CPU that a read through its async connections takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import sqlalchemy as sa

from flowisectl.database.lookup import Lookup, Row

CONNECTIONS = 4

Connect = Callable[[], Awaitable["asyncpg.Connection[Any]"]]


@dataclass(frozen=True, kw_only=True)
class _Compiled:
    text: str
    fixed: Mapping[str, Any]
    names: tuple[str, ...]
    """The parameters in the order of their numbers."""
    to_driver: Mapping[str, Callable[[Any], Any]]
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]


class PostgresLookups:
    """A few connections that only read one row at a time, outside any transaction."""

    def __init__(self, dialect: sa.Dialect, connect: Connect) -> None:
        self._dialect = dialect
        self._connect = connect
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[asyncpg.Connection[Any]] = []
        self._compiled: dict[Lookup, _Compiled] = {}

    async def find(self, lookup: Lookup, parameters: Mapping[str, Any]) -> Row | None:
        """The row, or None. Raises the driver's errors; the connection that was used is then thrown away."""
        compiled = self._compiled.get(lookup)
        if compiled is None:
            compiled = self._compiled[lookup] = _compile(lookup, self._dialect)
        values = {**compiled.fixed, **parameters}
        arguments = [compiled.to_driver[name](values[name]) if name in compiled.to_driver else values[name] for name in compiled.names]
        async with self._slots:
            connection = self._idle.pop() if self._idle else await self._connect()
            try:
                found = await connection.fetchrow(compiled.text, *arguments)
            except BaseException:
                connection.terminate()
                raise
            self._idle.append(connection)
        if found is None:
            return None
        return {name: convert(value) if convert else value for (name, convert), value in zip(compiled.columns, found, strict=True)}

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close(timeout=2)


def _compile(lookup: Lookup, dialect: sa.Dialect) -> _Compiled:
    compiled: Any = lookup.statement.compile(dialect=dialect)
    names = tuple(compiled.positiontup)
    to_driver = {name: convert for name, convert in compiled._bind_processors.items() if name in names}
    columns = tuple((column.name, _converter(column, dialect)) for column in lookup.statement.selected_columns)
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    return _Compiled(text=str(compiled), fixed=fixed, names=names, to_driver=to_driver, columns=columns)


def _converter(column: Any, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    convert: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return convert
