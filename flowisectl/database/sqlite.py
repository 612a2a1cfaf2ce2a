"""SQLite: single reads and batches run in threads of their own, longer transactions through aiosqlite.

A statement through SQLAlchemy's async connection crosses to aiosqlite's thread at least four times (0.8 ms of CPU); a whole
read or a whole batch handed to a thread crosses once (0.2 ms), and a lookup of one row crosses not at all (5 µs).
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from flowisectl.database.driver import Write
from flowisectl.database.failures import explain, told
from flowisectl.database.lookup import Lookup, Row
from flowisectl.errors import DatabaseUnavailable

T = TypeVar("T")

BUSY_TIMEOUT_MS = 30_000
READERS = 2


class SqliteDriver:
    dialect = "sqlite"

    def __init__(self, file: Path, *, read_only: bool = False, immutable: bool = False) -> None:
        """`immutable` says that nobody writes the file: then not even a lock is taken, and no file is made beside it."""
        self.place = f"SQLite database {file}"
        self._file = file
        self._address: dict[str, Any] = {"database": str(file)}
        if read_only:
            query = {"mode": "ro", "uri": "true", **({"immutable": "1"} if immutable else {})}
            self._address = {"database": file.absolute().as_uri(), "query": query}
        else:
            self._make_folder()
        self.engine: AsyncEngine = create_async_engine(
            sa.URL.create("sqlite+aiosqlite", **self._address),
            skip_autocommit_rollback=True,
            hide_parameters=True,
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        )
        self._threaded = sa.create_engine(
            sa.URL.create("sqlite", **self._address),
            skip_autocommit_rollback=True,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            pool_size=READERS + 1,
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
        )
        for engine in (self.engine.sync_engine, self._threaded):
            sa.event.listen(engine, "connect", _prepare)
        self._inline: sqlite3.Connection | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")

    async def fetch(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        return await self._in_thread(self._readers, lambda: self._fetch_now(statement, parameters))

    async def find(self, lookup: Lookup, parameters: Mapping[str, Any]) -> Row | None:
        """Read right here instead of in a thread: with the write-ahead log a reader waits for nobody, and one row takes microseconds."""
        try:
            if self._inline is None:
                self._inline = self._connect_inline()
            # All rows are taken, of the one there may be: a statement left half-way would keep an old state of the database open.
            rows = self._inline.execute(lookup.sqlite_text, lookup.sqlite_parameters(parameters)).fetchall()
        except (sqlite3.Error, UnicodeError):
            # Locked all the same (recovery after a crash, another journal mode), or broken: the thread waits, or tells why.
            found = await self.fetch(lookup.statement, parameters)
            return found[0] if found else None
        return lookup.row(rows[0]) if rows else None

    async def commit(self, batch: Sequence[Write]) -> list[Exception | None]:
        return await self._in_thread(self._writer, lambda: self._commit_now(batch))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        with told(self.place):
            async with self.engine.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that holds the write lock from its start: it cannot fail half-way because another wrote meanwhile."""
        with told(self.place):
            async with self.engine.connect() as plain:
                connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield connection
                    await connection.exec_driver_sql("COMMIT")
                except BaseException:
                    # Of itself SQLite takes back what a full disk or a broken file has cut off: then there is nothing left to do.
                    with contextlib.suppress(sa.exc.OperationalError):
                        await asyncio.shield(connection.exec_driver_sql("ROLLBACK"))
                    raise

    async def close(self) -> None:
        if self._inline is not None:
            self._inline.close()
            self._inline = None
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._writer.shutdown)
        self._threaded.dispose()
        await self.engine.dispose()

    def _connect_inline(self) -> sqlite3.Connection:
        """A connection for lookups in the event loop's own thread."""
        if "query" not in self._address:
            return sqlite3.connect(self._file, timeout=0, isolation_level=None)
        options = "&".join(f"{name}={value}" for name, value in self._address["query"].items() if name != "uri")
        return sqlite3.connect(f"{self._address['database']}?{options}", uri=True, timeout=0, isolation_level=None)

    async def _in_thread(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    def _fetch_now(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        with told(self.place), self._threaded.connect() as connection:
            result = connection.execute(statement, dict(parameters))
            names = list(result.keys())
            return [dict(zip(names, row, strict=True)) for row in result]

    def _commit_now(self, batch: Sequence[Write]) -> list[Exception | None]:
        try:
            self._store(batch)
        except Exception as error:
            failed: Exception | None = explain(error, self.place)
            if len(batch) == 1 or isinstance(failed, DatabaseUnavailable):
                return [failed] * len(batch)
            return [self._commit_now([write])[0] for write in batch]
        return [None] * len(batch)

    def _store(self, batch: Sequence[Write]) -> None:
        with self._threaded.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                for write in batch:
                    connection.execute(write.statement, [dict(row) for row in write.rows])
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                with contextlib.suppress(sa.exc.OperationalError):
                    connection.exec_driver_sql("ROLLBACK")
                raise

    def _make_folder(self) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = f"folder {self._file.parent} cannot be made ({error.strerror}): set DATABASE_PATH to another"
            raise DatabaseUnavailable(reason) from error


def _prepare(connection: DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.close()
