"""What a database must do for the rest of this room; each kind has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from flowisectl.database.lookup import Lookup, Row


@dataclass(frozen=True, slots=True)
class Write:
    """One statement with the rows that it takes; all of it is stored, or nothing."""

    statement: sa.Executable
    rows: Sequence[Mapping[str, Any]]


class Driver(Protocol):
    dialect: str
    """`sqlite`, `postgresql` or `mysql` (MariaDB too)."""
    place: str
    """The database in words, without secrets."""
    engine: AsyncEngine

    async def fetch(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        """Run one reading statement outside any transaction. Raises DatabaseUnavailable."""
        ...

    async def find(self, lookup: Lookup, parameters: Mapping[str, Any]) -> Row | None:
        """The row of a hot read, or None. Raises DatabaseUnavailable."""
        ...

    async def commit(self, batch: Sequence[Write]) -> list[Exception | None]:
        """Store a batch in one transaction; when that fails, each write in one of its own.

        The answer has one entry for each write: None, or why it was not stored (one of our errors). Never raises for them.
        """
        ...

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]: ...

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]: ...

    async def close(self) -> None: ...
