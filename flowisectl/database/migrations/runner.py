"""Brings a database's schema up to date, once, however many processes start together."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from flowisectl.database.access import Database
from flowisectl.database.migrations.flowise_schema import UnknownSchema, kind_of, look_at_schema, refuse, refuse_newer
from flowisectl.database.migrations.indexes import EXISTING, INDEXES, TEXT_COLUMNS, create_mysql_statements, create_statements
from flowisectl.database.migrations.lock import schema_lock
from flowisectl.errors import DatabaseUnavailable

HEAD = "m003"
"""The newest step in versions/. Kept here so that a database that is up to date is recognised without importing Alembic."""

_HAS_VERSION = {
    "sqlite": "SELECT 1 AS found FROM sqlite_master WHERE name = 'flowisectl_alembic_version'",
    "postgresql": "SELECT 1 AS found WHERE to_regclass('flowisectl_alembic_version') IS NOT NULL",
    "mysql": "SELECT 1 AS found FROM information_schema.tables WHERE table_schema = DATABASE() AND "
    "table_name = 'flowisectl_alembic_version'",
}


@dataclass(frozen=True, kw_only=True)
class SchemaState:
    revision: str | None
    """The newest step that was taken, None for none."""
    missing_indexes: frozenset[str]
    head: str = HEAD

    @property
    def is_later(self) -> bool:
        """A newer version of this program has taken steps that this one does not know."""
        return self.revision is not None and self.revision > self.head

    @property
    def is_current(self) -> bool:
        return self.revision == self.head and not self.missing_indexes


async def migrate(database: Database) -> SchemaState:
    """Take the steps that are missing, in one transaction; an up-to-date database costs two reads.

    An empty database gets Flowise's tables, with Flowise's own list of migrations; a database of Flowise is adopted as it is.
    Raises DatabaseUnavailable when it cannot be reached, or holds tables that are not usable, UnknownSchema for an older or newer one.
    """
    if (state := await schema_state(database)).is_current:
        await refuse_newer(database)
        return state
    _refuse_later(state, database)
    refuse(await look_at_schema(database), database)
    async with schema_lock(database):
        # Another process may have done it all while this one waited.
        if (state := await schema_state(database)).is_current:
            return state
        if database.dialect == "sqlite":
            await _use_write_ahead_log(database)
        async with database.write() as connection:
            if state.revision != HEAD:
                await connection.run_sync(_upgrade if database.dialect != "mysql" else _upgrade_or_clean, kind_of(database))
            for statement in await _index_statements(database, state):
                await connection.exec_driver_sql(statement)
    return await schema_state(database)


async def schema_state(database: Database) -> SchemaState:
    """How far the schema is. Raises DatabaseUnavailable."""
    if not await database.fetch(sa.text(_HAS_VERSION[database.dialect])):
        return SchemaState(revision=None, missing_indexes=frozenset(INDEXES))
    versions = await database.fetch(sa.text("SELECT version_num FROM flowisectl_alembic_version"))
    indexes = {row["name"] for row in await database.fetch(sa.text(EXISTING[database.dialect]))}
    return SchemaState(revision=versions[0]["version_num"] if versions else None, missing_indexes=frozenset(INDEXES) - indexes)


def _refuse_later(state: SchemaState, database: Database) -> None:
    if state.is_later:
        raise UnknownSchema(
            f"{database.place} has the schema {state.revision} of a newer version of flowisectl (this one knows {state.head}): "
            "use the newer version, or the backup from before it"
        )


async def wait_for_schema(database: Database, timeout_seconds: float) -> None:
    """Wait until another process (the server) has brought the schema up to date, then learn its columns.

    A database that cannot be reached yet is waited for as well. Raises DatabaseUnavailable when the time is over, UnknownSchema
    at once for one that a newer Flowise, or a newer version of this program, has opened.
    """
    deadline = time.monotonic() + timeout_seconds
    pause = 0.05
    while True:
        try:
            state = await schema_state(database)
            _refuse_later(state, database)
            if state.revision == state.head:
                await refuse_newer(database)
                await database.load_columns()
                return
            problem = DatabaseUnavailable(
                f"{database.place} is not migrated after {timeout_seconds:.0f} s: start the server or run `flowisectl database migrate`"
            )
        except UnknownSchema:
            raise
        except DatabaseUnavailable as error:
            problem = error
        if time.monotonic() + pause > deadline:
            raise problem
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 1.0)


async def _index_statements(database: Database, state: SchemaState) -> list[str]:
    """What makes the indexes that are missing; MySQL knows no `IF NOT EXISTS` for them, and wants to know how much of a text counts."""
    if database.dialect != "mysql":
        return create_statements()
    there = {row["name"] for row in await database.fetch(sa.text(EXISTING["mysql"]))}
    columns = await database.fetch(sa.text(TEXT_COLUMNS))
    return create_mysql_statements(there, {(row["table"], row["column"]) for row in columns})


async def _use_write_ahead_log(database: Database) -> None:
    """Readers and the writer no longer block each other. The mode is kept in the file, so it is set once."""
    async with database.read() as connection:
        await connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def _upgrade(connection: sa.Connection, kind: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes |= {"connection": connection, "kind": kind}
    command.upgrade(config, HEAD)


def _upgrade_or_clean(connection: sa.Connection, kind: str) -> None:
    """MySQL takes no table back with its transaction: what a failed step has made is dropped here."""
    before = set(sa.inspect(connection).get_table_names())
    try:
        _upgrade(connection, kind)
    except BaseException:
        made = set(sa.inspect(connection).get_table_names()) - before
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
        for table in sorted(made):
            connection.exec_driver_sql(f'DROP TABLE "{table}"')
        connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 1")
        raise
