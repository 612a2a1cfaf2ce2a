"""PostgreSQL through asyncpg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from config.settings import DatabaseSettings
from flowisectl.database.encryption import encryption_of
from flowisectl.database.lookup import Lookup, Row
from flowisectl.database.postgres_lookups import PostgresLookups
from flowisectl.database.server_driver import CONNECT_SECONDS, IDLE_SECONDS, POOL_SIZE, ServerDriver

LOOKUP_CONNECT_SECONDS = 2
"""Short, as there is another way when it does not come about."""


class PostgresDriver(ServerDriver):
    dialect = "postgresql"

    def __init__(self, settings: DatabaseSettings, *, read_only: bool = False) -> None:
        port = settings.port or 5432
        place = f"PostgreSQL database {settings.name!r} at {settings.host or 'localhost'}:{port} (user {settings.user!r})"
        encryption = encryption_of(settings)
        address: dict[str, Any] = {
            "host": settings.host or "localhost",
            "port": port,
            "server_settings": {
                "application_name": "flowisectl",
                "timezone": "UTC",
                # A process that is frozen in the middle of a transaction must not hold up those that do its work meanwhile: they
                # begin when its lease ends, after four seconds.
                "idle_in_transaction_session_timeout": "5s",
                **({"default_transaction_read_only": "on"} if read_only else {}),
            },
            **({"ssl": encryption} if encryption else {}),
        }
        engine = create_async_engine(
            sa.URL.create("postgresql+asyncpg", settings.user or None, settings.password or None, database=settings.name or None),
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_recycle=IDLE_SECONDS,
            skip_autocommit_rollback=True,
            hide_parameters=True,
            connect_args={**address, "timeout": CONNECT_SECONDS},
        )
        super().__init__(engine, place)
        self._lookups = PostgresLookups(
            engine.dialect,
            lambda: asyncpg.connect(
                user=settings.user or None,
                password=settings.password or None,
                database=settings.name or None,
                timeout=LOOKUP_CONNECT_SECONDS,
                **address,
            ),
        )

    async def find(self, lookup: Lookup, parameters: Mapping[str, Any]) -> Row | None:
        try:
            return await self._lookups.find(lookup, parameters)
        except Exception:
            # A connection that broke, or a value that cannot be asked for: the plain way tries once more, or tells why.
            return await super().find(lookup, parameters)

    async def close(self) -> None:
        await self._lookups.close()
        await super().close()
