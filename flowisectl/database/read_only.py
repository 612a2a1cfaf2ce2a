"""A database that is only read: whatever would write is refused before it reaches the server, which would refuse it as well."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from flowisectl.database.driver import Driver, Write
from flowisectl.database.lookup import Lookup, Row
from flowisectl.errors import DatabaseReadOnly


class ReadOnlyDriver:
    """`database.driver.Driver` over another that was opened without a right to write."""

    def __init__(self, driver: Driver) -> None:
        self.dialect = driver.dialect
        self.place = driver.place
        self.engine: AsyncEngine = driver.engine
        self._driver = driver

    async def fetch(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        return await self._driver.fetch(statement, parameters)

    async def find(self, lookup: Lookup, parameters: Mapping[str, Any]) -> Row | None:
        return await self._driver.find(lookup, parameters)

    async def commit(self, batch: Sequence[Write]) -> list[Exception | None]:
        return [self._refusal() for _ in batch]

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._driver.reading()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        raise self._refusal()
        yield  # makes it a context manager

    async def close(self) -> None:
        await self._driver.close()

    def _refusal(self) -> DatabaseReadOnly:
        return DatabaseReadOnly(f"{self.place} is only read here (DATABASE_UNKNOWN_SCHEMA=read-only): nothing was stored")
