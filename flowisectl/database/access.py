"""What everybody is handed of an open database: reads, writes, and which columns its tables really have."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from config.settings import DatabaseSettings
from flowisectl.database.driver import Driver
from flowisectl.database.group_commit import GroupCommit
from flowisectl.database.lookup import Lookup, Row

_COLUMNS = {
    "sqlite": 'SELECT m.name AS "table", c.name AS "column" FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = \'table\'',
    "postgresql": 'SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns '
    "WHERE table_schema = current_schema()",
    "mysql": 'SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns WHERE table_schema = DATABASE()',
}

HIDDEN = {"hidden": True}
"""`info` of a column that rows are shown without: it is read by a function of its own."""


class Database:
    """One database, whatever its kind. Every method raises DatabaseUnavailable when it cannot be reached or is not migrated."""

    def __init__(self, settings: DatabaseSettings, driver: Driver, *, is_read_only: bool = False) -> None:
        self.settings = settings
        self.is_read_only = is_read_only
        """The server refuses whatever would write."""
        self.commits = GroupCommit(driver)
        self._driver = driver
        self._columns: dict[str, frozenset[str]] = {}
        self._selections: dict[str, sa.Select[Any]] = {}

    @property
    def engine(self) -> AsyncEngine:
        return self._driver.engine

    @property
    def dialect(self) -> str:
        """`sqlite`, `postgresql` or `mysql` (MariaDB too)."""
        return self._driver.dialect

    @property
    def place(self) -> str:
        """The database in words, for messages; never a secret."""
        return self._driver.place

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for several reads. One read is cheaper through `fetch`."""
        return self._driver.reading()

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back when the block raises."""
        return self._driver.writing()

    async def fetch(self, statement: sa.Executable, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of one reading statement."""
        return await self._driver.fetch(statement, parameters or {})

    async def find(self, lookup: Lookup, parameters: Mapping[str, Any]) -> Row | None:
        """The row of a hot read, or None."""
        return await self._driver.find(lookup, parameters)

    async def ping(self) -> None:
        """Ask the database for a sign of life."""
        await self.fetch(sa.text("SELECT 1 AS one"))

    async def load_columns(self) -> None:
        """Learn which columns the tables really have: an older Flowise database lacks some, and they are left alone."""
        found: dict[str, set[str]] = {}
        for row in await self.fetch(sa.text(_COLUMNS[self.dialect])):
            found.setdefault(row["table"], set()).add(row["column"])
        self._columns = {name: frozenset(columns) for name, columns in found.items()}
        self._selections.clear()

    @property
    def columns(self) -> Mapping[str, frozenset[str]]:
        """Table → its columns, as `load_columns` found them."""
        return self._columns

    def has_column(self, table: str, column: str) -> bool:
        columns = self._columns.get(table)
        return columns is None or column in columns

    def selection(self, table: sa.Table) -> sa.Select[Any]:
        """`SELECT` of all columns but hidden ones, in the order of the table's class; a column that this database lacks comes as null."""
        selection = self._selections.get(table.name)
        if selection is None:
            shown = [column for column in table.columns if not column.info.get("hidden")]
            parts = [column if self.has_column(table.name, column.name) else sa.null().label(column.name) for column in shown]
            selection = self._selections[table.name] = sa.select(*parts).select_from(table)
        return selection

    async def close(self) -> None:
        """Store what waits and close every connection."""
        await self.commits.close()
        await self._driver.close()
