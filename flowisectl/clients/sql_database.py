"""Databases that a flow reads with SQL: SQLite, PostgreSQL, MySQL. Nothing here can write.

Queries come from a model: connections are read-only, answers are bounded in time and rows.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg  # type: ignore[import-untyped]

from flowisectl.errors import FlowError, InvalidFlow, Unavailable

READ_SECONDS = 30.0
CONNECT_SECONDS = 15.0
MAX_ROWS = 200
MAX_TABLES = 100


class SqlDatabase(ABC):
    """`include` and `ignore` choose the tables that are shown; `sample_rows` of each are shown with it."""

    dialect = ""

    def __init__(self, *, include: Sequence[str] = (), ignore: Sequence[str] = (), sample_rows: int = 0) -> None:
        self._include = frozenset(include)
        self._ignore = frozenset(ignore)
        self._sample_rows = min(max(sample_rows, 0), 20)

    async def tables(self) -> str:
        """One `name(column type, …)` for each table, with sample rows below it. Raises Unavailable, FlowError."""
        columns: dict[str, list[str]] = {}
        for table, column, kind in await self._columns():
            if table not in self._ignore and (not self._include or table in self._include):
                columns.setdefault(table, []).append(f"{column} {kind}".strip())
        if missing := sorted(self._include - columns.keys()):
            raise InvalidFlow(f"the database has no table {missing[0]!r}: correct the tables to include")
        lines = []
        for table, found in list(columns.items())[:MAX_TABLES]:
            lines.append(f"{table}({', '.join(found)})")
            if self._sample_rows:
                lines.append(await self.read(f"SELECT * FROM {self._quoted(table)} LIMIT {self._sample_rows}"))
        return "\n".join(lines)

    async def read(self, query: str) -> str:
        """The rows, columns between ` | `, the names first; at most MAX_ROWS. Raises Unavailable, FlowError."""
        names, rows = await self._rows(query)
        shown = [" | ".join(names), *(" | ".join("" if value is None else str(value) for value in row) for row in rows[:MAX_ROWS])]
        return "\n".join([*shown, "(there are more rows)"] if len(rows) > MAX_ROWS else shown)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows, each by the names of its columns; at most MAX_ROWS. Raises Unavailable, FlowError."""
        names, rows = await self._rows(query)
        return [dict(zip(names, row, strict=True)) for row in rows[:MAX_ROWS]]

    @abstractmethod
    async def _columns(self) -> list[tuple[str, str, str]]:
        """(table, column, type), in order."""

    @abstractmethod
    async def _rows(self, query: str) -> tuple[list[str], list[Sequence[Any]]]:
        """The names of the columns, and up to MAX_ROWS + 1 rows."""

    def _quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'


class SqliteFile(SqlDatabase):
    dialect = "SQLite"

    def __init__(self, path: Path, **options: Any) -> None:
        super().__init__(**options)
        self._path = path.expanduser()

    async def _columns(self) -> list[tuple[str, str, str]]:
        query = (
            "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c "
            "WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
        )
        return await asyncio.to_thread(self._work, lambda connection: [tuple(row) for row in connection.execute(query)], False)

    async def _rows(self, query: str) -> tuple[list[str], list[Sequence[Any]]]:
        def work(connection: sqlite3.Connection) -> tuple[list[str], list[Sequence[Any]]]:
            cursor = connection.execute(query)
            return [column[0] for column in cursor.description or ()], cursor.fetchmany(MAX_ROWS + 1)

        return await asyncio.to_thread(self._work, work, True)

    def _work(self, work: Any, is_bound: bool) -> Any:
        if not self._path.is_file():
            raise Unavailable(f"there is no SQLite file {self._path}: correct the database's path")
        end = time.monotonic() + READ_SECONDS
        try:
            with closing(sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
                connection.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
                if is_bound:
                    connection.set_authorizer(_only_reads)
                return work(connection)
        except sqlite3.Error as error:
            if "interrupted" in str(error):
                raise FlowError(f"the query took longer than {READ_SECONDS:g} s") from error
            raise FlowError(f"SQLite refused the query: {error}") from error


def _only_reads(action: int, *_: Any) -> int:
    """No other file may be attached, and no setting changed."""
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY


_COLUMNS = (
    "SELECT table_name, column_name, data_type FROM information_schema.columns "
    "WHERE table_schema = {schema} ORDER BY table_name, ordinal_position"
)


class PostgresDatabase(SqlDatabase):
    dialect = "PostgreSQL"

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(**options)
        self._url = url
        self._place = _place(url, 5432)

    async def _columns(self) -> list[tuple[str, str, str]]:
        async with self._connection() as connection:
            return [tuple(row) for row in await connection.fetch(_COLUMNS.format(schema="current_schema()"))]

    async def _rows(self, query: str) -> tuple[list[str], list[Sequence[Any]]]:
        async with self._connection() as connection, connection.transaction(readonly=True):
            statement = await connection.prepare(query)
            rows = await (await statement.cursor()).fetch(MAX_ROWS + 1)
            return [attribute.name for attribute in statement.get_attributes()], [tuple(row) for row in rows]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            settings = {"default_transaction_read_only": "on", "statement_timeout": str(int(READ_SECONDS * 1000))}
            connection = await asyncpg.connect(self._url, timeout=CONNECT_SECONDS, server_settings=settings)
        except (asyncpg.PostgresError, OSError, TimeoutError, ValueError) as error:
            raise Unavailable(f"PostgreSQL at {self._place} cannot be reached: {type(error).__name__}") from error
        try:
            yield connection
        except asyncpg.PostgresError as error:
            raise FlowError(f"PostgreSQL refused the query: {error}") from error
        finally:
            await connection.close()


class MySqlDatabase(SqlDatabase):
    dialect = "MySQL"

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(**options)
        self._parts = urlsplit(url)
        self._place = _place(url, 3306)

    async def _columns(self) -> list[tuple[str, str, str]]:
        _, rows = await self._fetch(_COLUMNS.format(schema="DATABASE()"), None)
        return [(str(row[0]), str(row[1]), str(row[2])) for row in rows]

    async def _rows(self, query: str) -> tuple[list[str], list[Sequence[Any]]]:
        return await self._fetch(query, MAX_ROWS + 1)

    async def _fetch(self, query: str, count: int | None) -> tuple[list[str], list[Sequence[Any]]]:
        import aiomysql  # type: ignore[import-untyped]
        from pymysql.err import MySQLError  # type: ignore[import-untyped]

        try:
            connection = await aiomysql.connect(
                host=self._parts.hostname or "localhost",
                port=self._parts.port or 3306,
                unix_socket=next(iter(parse_qs(self._parts.query).get("socket", ())), None),
                user=unquote(self._parts.username or ""),
                password=unquote(self._parts.password or ""),
                db=self._parts.path.lstrip("/") or None,
                connect_timeout=CONNECT_SECONDS,
                init_command="SET SESSION TRANSACTION READ ONLY",
            )
        except (MySQLError, OSError, TimeoutError) as error:
            raise Unavailable(f"MySQL at {self._place} cannot be reached: {type(error).__name__}") from error
        try:
            async with asyncio.timeout(READ_SECONDS), connection.cursor() as cursor:
                # Statements that define tables end a transaction, but only one that was begun refuses them.
                await cursor.execute("START TRANSACTION READ ONLY")
                # The driver sends several statements at once; what is prepared can only be one.
                await cursor.execute("SET @query = %s", (query,))
                await cursor.execute("PREPARE reading FROM @query")
                await cursor.execute("EXECUTE reading")
                rows = await (cursor.fetchall() if count is None else cursor.fetchmany(count))
                return [column[0] for column in cursor.description or ()], list(rows)
        except TimeoutError as error:
            raise FlowError(f"the query took longer than {READ_SECONDS:g} s") from error
        except MySQLError as error:
            raise FlowError(f"MySQL refused the query: {error}") from error
        finally:
            connection.close()

    def _quoted(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"


def open_database(kind: str, url: str, **options: Any) -> SqlDatabase:
    """`kind` is sqlite, postgres or mysql; `url` a path or a connection string. Raises InvalidFlow."""
    if kind == "sqlite":
        path = Path(url.removeprefix("sqlite://").removeprefix("file:"))
        if ".." in path.parts:
            raise InvalidFlow("a database path with '..' is not allowed")
        return SqliteFile(path, **options)
    made = {"postgres": PostgresDatabase, "mysql": MySqlDatabase}.get(kind)
    if made is None:
        raise InvalidFlow(f"databases of the kind {kind!r} are not supported: choose sqlite, postgres or mysql")
    return made(_checked(url), **options)


def _checked(url: str) -> str:
    try:
        is_address = urlsplit(url).port is not None or bool(urlsplit(url).hostname)
    except ValueError:
        is_address = False
    if not is_address:
        raise InvalidFlow("the connection string of the database is no address: write it as postgresql://user:password@host:port/name")
    return url


def _place(url: str, port: int) -> str:
    """Host and port for messages, without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or port}"
