"""The records of what was written into vector stores, in a table of SQLite or PostgreSQL (MySQL: `mysql_records`).

Table, as Flowise makes it: `uuid, key, namespace, updated_at, group_id, doc_id`, unique by key and namespace. Older tables, such as
LangChain makes them, get the last column when they lack it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from flowisectl.clients.pgvector import PostgresAddress
from flowisectl.errors import InvalidFlow, ProviderError, Unavailable
from flowisectl.interfaces.record_manager import RecordedKey

DEFAULT_TABLE = "upsertion_records"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_AT_ONCE = 500
"""Keys of one statement: SQLite takes 999 values in its oldest builds."""
_BUSY_SECONDS = 30.0


class RecordTable(ABC):
    """Implements `interfaces.record_manager.RecordManager` on a connection that is opened for each call."""

    _ON_CONFLICT = 'ON CONFLICT ("key", namespace) DO UPDATE SET updated_at = excluded.updated_at, doc_id = excluded.doc_id'

    def __init__(self, *, table: str, namespace: str, cleanup: str, source_id_key: str) -> None:
        if not _NAME.fullmatch(table):
            raise InvalidFlow(f"{table[:80]!r} is no name for the table of a record manager: letters, digits and _, at most 63")
        self.cleanup = cleanup
        self.source_id_key = source_id_key
        self.namespace = namespace
        self._table = f'"{table}"'
        self._name = table

    async def existing(self, keys: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(keys), _AT_ONCE):
            lot = keys[start : start + _AT_ONCE]
            marks = self._marks(len(lot), 2)
            rows = await self._fetch(
                f'SELECT "key" FROM {self._table} WHERE namespace = {self._mark(1)} AND "key" IN ({marks})', [self.namespace, *lot]
            )
            found.update(str(row[0]) for row in rows)
        return found

    async def record(self, entries: Sequence[RecordedKey]) -> None:
        if not entries:
            return
        moment = await self.now()
        rows = [(entry.key, self.namespace, moment, entry.group_id, entry.doc_id) for entry in entries]
        await self._write_all(
            f'INSERT INTO {self._table} ("key", namespace, updated_at, group_id, doc_id) VALUES ({self._marks(5, 1)}) {self._ON_CONFLICT}',
            rows,
        )

    async def keys(
        self, *, before: float | None = None, group_ids: Sequence[str] | None = None, doc_id: str | None = None, limit: int | None = None
    ) -> list[str]:
        if group_ids is not None and not group_ids:
            return []
        parts, values = [f"namespace = {self._mark(1)}"], list[Any]([self.namespace])
        for clause, value in (("updated_at <", before), ("doc_id =", doc_id)):
            if value is not None:
                values.append(value)
                parts.append(f"{clause} {self._mark(len(values))}")
        if group_ids is not None:
            parts.append(f"group_id IN ({self._marks(len(group_ids), len(values) + 1)})")
            values += group_ids
        end = f" LIMIT {int(limit)}" if limit is not None else ""
        rows = await self._fetch(f'SELECT "key" FROM {self._table} WHERE {" AND ".join(parts)}{end}', values)
        return [str(row[0]) for row in rows]

    async def forget(self, keys: Sequence[str]) -> None:
        await self._write_all(
            f'DELETE FROM {self._table} WHERE namespace = {self._mark(1)} AND "key" = {self._mark(2)}',
            [(self.namespace, key) for key in keys],
        )

    def _marks(self, count: int, first: int) -> str:
        return ", ".join(self._mark(first + place) for place in range(count))

    @abstractmethod
    async def prepare(self) -> None: ...

    @abstractmethod
    async def now(self) -> float: ...

    @abstractmethod
    def _mark(self, place: int) -> str: ...

    @abstractmethod
    async def _fetch(self, statement: str, values: Sequence[Any]) -> list[Any]: ...

    @abstractmethod
    async def _write_all(self, statement: str, rows: Sequence[Sequence[Any]]) -> None: ...


class SqliteRecords(RecordTable):
    """Records in a file. Times are whole seconds, as SQLite tells them."""

    def __init__(self, path: Path, **options: str) -> None:
        super().__init__(**options)
        self._path = path.expanduser()

    async def prepare(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        async with self._connection() as connection:
            await connection.execute(
                f"CREATE TABLE IF NOT EXISTS {self._table} (uuid TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))), key TEXT NOT NULL, "
                "namespace TEXT NOT NULL, updated_at REAL NOT NULL, group_id TEXT, doc_id TEXT, UNIQUE (key, namespace))"
            )
            async with connection.execute(f"SELECT 1 FROM pragma_table_info('{self._name}') WHERE name = 'doc_id'") as cursor:
                if not await cursor.fetchone():
                    await connection.execute(f"ALTER TABLE {self._table} ADD COLUMN doc_id TEXT")
            for column in ("updated_at", "key", "namespace", "group_id", "doc_id"):
                await connection.execute(f'CREATE INDEX IF NOT EXISTS "{self._name}_{column}_index" ON {self._table} ("{column}")')
            await connection.commit()

    async def now(self) -> float:
        rows = await self._fetch("SELECT strftime('%s', 'now')", [])
        return float(rows[0][0])

    def _mark(self, place: int) -> str:
        return "?"

    async def _fetch(self, statement: str, values: Sequence[Any]) -> list[Any]:
        async with self._connection() as connection, connection.execute(statement, values) as cursor:
            return list(await cursor.fetchall())

    async def _write_all(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        async with self._connection() as connection:
            await connection.executemany(statement, rows)
            await connection.commit()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosqlite.Connection]:
        try:
            async with aiosqlite.connect(self._path, timeout=_BUSY_SECONDS) as connection:
                yield connection
        except (aiosqlite.Error, OSError) as error:
            raise Unavailable(f"the records in {self._path} cannot be reached: {error}") from error


class PostgresRecords(RecordTable):
    def __init__(self, address: PostgresAddress, **options: str) -> None:
        super().__init__(**options)
        self._address = address

    async def prepare(self) -> None:
        async with self._connection() as connection, connection.transaction():
            # Several writers may come here at once; `IF NOT EXISTS` alone can still collide.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", self._name)
            await connection.execute(
                f"CREATE TABLE IF NOT EXISTS {self._table} (uuid UUID PRIMARY KEY DEFAULT gen_random_uuid(), key TEXT NOT NULL, "
                "namespace TEXT NOT NULL, updated_at DOUBLE PRECISION NOT NULL, group_id TEXT, doc_id TEXT, UNIQUE (key, namespace))"
            )
            known = "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'doc_id'"
            if not await connection.fetchval(known, self._table):
                await connection.execute(f"ALTER TABLE {self._table} ADD COLUMN doc_id TEXT")
            for column in ("updated_at", "key", "namespace", "group_id", "doc_id"):
                await connection.execute(f'CREATE INDEX IF NOT EXISTS "{self._name}_{column}_index" ON {self._table} ("{column}")')

    async def now(self) -> float:
        rows = await self._fetch("SELECT extract(epoch FROM clock_timestamp())::double precision", [])
        return float(rows[0][0])

    def _mark(self, place: int) -> str:
        return f"${place}"

    async def _fetch(self, statement: str, values: Sequence[Any]) -> list[Any]:
        async with self._connection() as connection:
            return list(await connection.fetch(statement, *values))

    async def _write_all(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        async with self._connection() as connection:
            await connection.executemany(statement, rows)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            async with self._address.connect() as connection:
                yield connection
        except ProviderError as error:
            raise Unavailable(str(error)) from error
