"""MySQL and MariaDB through aiomysql."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from config.settings import DatabaseSettings
from flowisectl.database.driver import Write
from flowisectl.database.failures import LostConnection, explain, told
from flowisectl.database.lookup import Lookup, Row
from flowisectl.database.postgresql import CONNECT_SECONDS, IDLE_SECONDS, POOL_SIZE, encryption_of
from flowisectl.errors import DatabaseUnavailable

_SESSION = (
    # Names in double quotes, as in the other databases; dates are UTC; a value that does not fit is refused, not cut.
    "SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'"
)
TRIES = 3
"""InnoDB may choose a transaction as the victim of a deadlock; it is tried again."""


class MySqlDriver:
    dialect = "mysql"

    def __init__(self, settings: DatabaseSettings, *, read_only: bool = False) -> None:
        port = settings.port or 3306
        kind = "MariaDB" if settings.type == "mariadb" else "MySQL"
        is_socket = settings.host.startswith("/")
        address: dict[str, Any] = {"unix_socket": settings.host} if is_socket else {"host": settings.host or "localhost", "port": port}
        where = settings.host if is_socket else f"{settings.host or 'localhost'}:{port}"
        self.place = f"{kind} database {settings.name!r} at {where} (user {settings.user!r})"
        encryption = encryption_of(settings)
        self.engine: AsyncEngine = create_async_engine(
            sa.URL.create("mysql+aiomysql", settings.user or None, settings.password or None, database=settings.name or None),
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_recycle=IDLE_SECONDS,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            connect_args={
                **address,
                "charset": "utf8mb4",
                "connect_timeout": CONNECT_SECONDS,
                "init_command": _SESSION,
                **({"ssl": encryption} if encryption else {}),
            },
        )
        if encryption is not None:
            sa.event.listen(self.engine.sync_engine, "connect", self._only_encrypted)
        if read_only:
            sa.event.listen(self.engine.sync_engine, "connect", _only_read)

    async def fetch(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        try:
            return await self._fetch_once(statement, parameters)
        except LostConnection:
            # The pool throws its connections away when one breaks: a server that was restarted is met anew.
            return await self._fetch_once(statement, parameters)

    async def find(self, lookup: Lookup, parameters: Mapping[str, Any]) -> Row | None:
        rows = await self.fetch(lookup.statement, parameters)
        return rows[0] if rows else None

    async def commit(self, batch: Sequence[Write]) -> list[Exception | None]:
        try:
            await self._store_patiently(batch)
        except Exception as error:
            failed: Exception | None = explain(error, self.place)
            if len(batch) == 1 or isinstance(failed, DatabaseUnavailable):
                return [failed] * len(batch)
            return [(await self.commit([write]))[0] for write in batch]
        return [None] * len(batch)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        with told(self.place):
            async with self.engine.connect() as connection:
                yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        with told(self.place):
            async with self.engine.begin() as connection:
                yield connection

    async def close(self) -> None:
        await self.engine.dispose()

    def _only_encrypted(self, connection: DBAPIConnection, _: object) -> None:
        """The driver goes on in clear when the server offers no encryption, which is not what was asked for."""
        cursor = connection.cursor()
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        row = cursor.fetchone()
        cursor.close()
        if not row or not row[1]:
            reason = "the server offers no encryption, so the connection is not encrypted"
            raise DatabaseUnavailable(f"{self.place}: {reason}: set up TLS there, or unset DATABASE_SSL and DATABASE_SSL_KEY_BASE64")

    async def _fetch_once(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        async with self.reading() as connection:
            result = await connection.execute(statement, dict(parameters))
            names = list(result.keys())
            return [dict(zip(names, row, strict=True)) for row in result]

    async def _store_patiently(self, batch: Sequence[Write]) -> None:
        for number in range(TRIES):
            try:
                await self._store(batch)
                return
            except DatabaseUnavailable as error:
                is_passing = isinstance(error, LostConnection) or "Deadlock found" in error.message
                if not is_passing or number == TRIES - 1:
                    raise

    async def _store(self, batch: Sequence[Write]) -> None:
        async with self.writing() as connection:
            for write in batch:
                await connection.execute(write.statement, [dict(row) for row in write.rows])


def _only_read(connection: DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.close()
