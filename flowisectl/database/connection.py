"""The database of a process: opened once, handed to everybody."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from config.settings import DatabaseSettings
from flowisectl.database.access import Database
from flowisectl.database.driver import Driver
from flowisectl.database.migrations import runner
from flowisectl.database.migrations.flowise_schema import UnknownSchema
from flowisectl.database.read_only import ReadOnlyDriver
from flowisectl.errors import InvalidSetting

__all__ = ["Database", "open_database", "open_database_to_read"]

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_database(settings: DatabaseSettings, *, migrate: bool = True) -> AsyncIterator[Database]:
    """Open the database, by default bringing its schema up to date first; one process does that, others wait for it.

    With `migrate=False` (workers) the schema is left alone: see `migrations.runner.wait_for_schema`. An older or newer schema is
    refused, or with DATABASE_UNKNOWN_SCHEMA=read-only opened without a right to write. Raises DatabaseUnavailable and InvalidSetting.
    """
    database = Database(settings, _driver(settings))
    try:
        if migrate:
            try:
                await runner.migrate(database)
            except UnknownSchema as unknown:
                if settings.unknown_schema != "read-only":
                    raise
                log.warning("%s; nothing will be written, so whatever has to store something is refused", unknown)
                await database.close()
                database = _to_read(settings)
        await database.load_columns()
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def open_database_to_read(settings: DatabaseSettings, *, immutable: bool = False) -> AsyncIterator[Database]:
    """Open the database without a right to write; its schema is taken as it is. With `immutable` nobody else writes the SQLite file.

    Raises DatabaseUnavailable and InvalidSetting.
    """
    database = _to_read(settings, immutable=immutable)
    try:
        await database.load_columns()
        yield database
    finally:
        await database.close()


def _to_read(settings: DatabaseSettings, *, immutable: bool = False) -> Database:
    driver = ReadOnlyDriver(_driver(settings, read_only=True, immutable=immutable))
    return Database(settings, driver, is_read_only=True)


def _driver(settings: DatabaseSettings, *, read_only: bool = False, immutable: bool = False) -> Driver:
    if settings.type == "sqlite":
        from flowisectl.database.sqlite import SqliteDriver

        return SqliteDriver(settings.sqlite_file, read_only=read_only, immutable=immutable)
    if settings.type == "postgres":
        from flowisectl.database.postgresql import PostgresDriver

        return PostgresDriver(settings, read_only=read_only)
    if settings.type in ("mysql", "mariadb"):
        from flowisectl.database.mysql import MySqlDriver

        return MySqlDriver(settings, read_only=read_only)
    raise InvalidSetting("DATABASE_TYPE", settings.type, "sqlite, postgres, mysql or mariadb")
