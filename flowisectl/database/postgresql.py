"""PostgreSQL through asyncpg."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from config.settings import DatabaseSettings
from flowisectl.database.driver import Write
from flowisectl.database.failures import LostConnection, explain, told
from flowisectl.database.lookup import Lookup, Row
from flowisectl.database.postgres_lookups import PostgresLookups
from flowisectl.errors import DatabaseUnavailable, InvalidSetting

POOL_SIZE = 10
IDLE_SECONDS = 120
CONNECT_SECONDS = 10
LOOKUP_CONNECT_SECONDS = 2
"""Short, as there is another way when it does not come about."""


class PostgresDriver:
    dialect = "postgresql"

    def __init__(self, settings: DatabaseSettings, *, read_only: bool = False) -> None:
        port = settings.port or 5432
        self.place = f"PostgreSQL database {settings.name!r} at {settings.host or 'localhost'}:{port} (user {settings.user!r})"
        encryption = encryption_of(settings)
        address: dict[str, Any] = {
            "host": settings.host or "localhost",
            "port": port,
            "server_settings": {
                "application_name": "flowisectl",
                "timezone": "UTC",
                # A process that is frozen in the middle of a transaction must not hold up those that do its work meanwhile.
                "idle_in_transaction_session_timeout": "15s",
                **({"default_transaction_read_only": "on"} if read_only else {}),
            },
            **({"ssl": encryption} if encryption else {}),
        }
        self.engine: AsyncEngine = create_async_engine(
            sa.URL.create("postgresql+asyncpg", settings.user or None, settings.password or None, database=settings.name or None),
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_recycle=IDLE_SECONDS,
            skip_autocommit_rollback=True,
            hide_parameters=True,
            connect_args={**address, "timeout": CONNECT_SECONDS},
        )
        self._lookups = PostgresLookups(
            self.engine.dialect,
            lambda: asyncpg.connect(
                user=settings.user or None,
                password=settings.password or None,
                database=settings.name or None,
                timeout=LOOKUP_CONNECT_SECONDS,
                **address,
            ),
        )

    async def fetch(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        try:
            return await self._fetch_once(statement, parameters)
        except LostConnection:
            # The pool throws its connections away when one breaks: a server that was restarted is met anew.
            return await self._fetch_once(statement, parameters)

    async def find(self, lookup: Lookup, parameters: Mapping[str, Any]) -> Row | None:
        try:
            return await self._lookups.find(lookup, parameters)
        except Exception:
            # A connection that broke, or a value that cannot be asked for: the plain way tries once more, or tells why.
            rows = await self.fetch(lookup.statement, parameters)
            return rows[0] if rows else None

    async def commit(self, batch: Sequence[Write]) -> list[Exception | None]:
        try:
            try:
                await self._store(batch)
            except LostConnection:
                await self._store(batch)
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
        await self._lookups.close()
        await self.engine.dispose()

    async def _fetch_once(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        async with self.reading() as connection:
            result = await connection.execute(statement, dict(parameters))
            names = list(result.keys())
            return [dict(zip(names, row, strict=True)) for row in result]

    async def _store(self, batch: Sequence[Write]) -> None:
        async with self.writing() as connection:
            for write in batch:
                await connection.execute(write.statement, [dict(row) for row in write.rows])


def encryption_of(settings: DatabaseSettings) -> ssl.SSLContext | None:
    """DATABASE_SSL_KEY_BASE64 gives a CA whose check is off unless DATABASE_REJECT_UNAUTHORIZED; DATABASE_SSL alone checks fully."""
    if settings.ssl_ca_pem:
        try:
            context = ssl.create_default_context(cadata=settings.ssl_ca_pem)
        except (ssl.SSLError, ValueError) as error:
            raise InvalidSetting("DATABASE_SSL_KEY_BASE64", "…", "base64 of a certificate authority in PEM") from error
        if not settings.reject_unauthorized:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
    return ssl.create_default_context() if settings.ssl else None
