"""What the drivers of database servers share: a pool over the network, whose connections a restart of the server breaks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from flowisectl.database.driver import Write
from flowisectl.database.failures import LostConnection, explain, told
from flowisectl.database.lookup import Lookup, Row
from flowisectl.errors import DatabaseUnavailable

POOL_SIZE = 10
IDLE_SECONDS = 120
CONNECT_SECONDS = 10


class ServerDriver:
    """Implements `database.driver.Driver` but for `dialect`; `place` is the database in words, without secrets."""

    def __init__(self, engine: AsyncEngine, place: str) -> None:
        self.engine = engine
        self.place = place

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

    async def _fetch_once(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        async with self.reading() as connection:
            result = await connection.execute(statement, dict(parameters))
            names = list(result.keys())
            return [dict(zip(names, row, strict=True)) for row in result]

    async def _store_patiently(self, batch: Sequence[Write]) -> None:
        """Store the batch; once more when the connection broke meanwhile. Every statement of a `Write` may be run twice."""
        try:
            await self._store(batch)
        except LostConnection:
            await self._store(batch)

    async def _store(self, batch: Sequence[Write]) -> None:
        async with self.writing() as connection:
            for write in batch:
                await connection.execute(write.statement, [dict(row) for row in write.rows])
