"""A SQLite database that another process locks is told by roles and by `doctor`; neither waits for it for long."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from config.settings import DatabaseSettings
from flowisectl.cli import write_check
from flowisectl.database import group_commit
from flowisectl.database.connection import Database, open_database
from flowisectl.errors import DatabaseUnavailable
from roles.presence import readiness_of

UPDATE = sa.text("UPDATE flowisectl_alembic_version SET version_num = :name")


@pytest.fixture
def settings(tmp_path: Path) -> DatabaseSettings:
    return DatabaseSettings(path=tmp_path)


@pytest.fixture
def lock(settings: DatabaseSettings) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(settings.sqlite_file, isolation_level=None)) as connection:
        yield connection


async def until_slow(database: Database) -> None:
    async with asyncio.timeout(10):
        while not database.commits.trouble:
            await asyncio.sleep(0.01)


async def test_a_role_is_not_ready_while_its_writes_hang(
    settings: DatabaseSettings, lock: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "SLOW_SECONDS", 0.05)
    async with open_database(settings) as database:
        lock.execute("BEGIN IMMEDIATE")
        write = asyncio.create_task(database.commits.add(UPDATE, [{"name": "m003"}]))
        await until_slow(database)
        locked = await readiness_of(database, None).report()
        lock.execute("ROLLBACK")
        await asyncio.wait_for(write, 30)
        free = await readiness_of(database, None).report()

    assert not locked.is_ready and "a write has waited" in locked.reason and "another process locks it" in locked.reason
    assert free.is_ready


async def test_doctor_tells_a_locked_database_from_a_free_one(
    settings: DatabaseSettings, lock: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_check, "WRITE_SECONDS", 0.05)
    async with open_database(settings) as database:
        free = await write_check.trouble_with_writing(database)
        lock.execute("BEGIN IMMEDIATE")
        locked = await write_check.trouble_with_writing(database)

    assert free == ""
    assert f"`fuser {settings.sqlite_file}` names who has it" in locked


async def test_a_full_database_is_told_by_its_cause_until_a_write_succeeds(
    settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_database(settings) as database:
        limited(database)
        with pytest.raises(DatabaseUnavailable, match=r"has no room left .*free some on its disk"):
            await database.commits.add(UPDATE, [{"name": "m" * 2_000_000}])
        full = await readiness_of(database, None).report()
        with pytest.raises(DatabaseUnavailable, match="has no room left"):
            async with database.write() as connection:
                await connection.exec_driver_sql("PRAGMA max_page_count=1")
                await connection.execute(UPDATE, {"name": "m" * 2_000_000})
        await database.commits.add(UPDATE, [{"name": "m003"}])
        free = await readiness_of(database, None).report()

    assert not full.is_ready and "has no room left" in full.reason
    assert free.is_ready
    assert [record.levelname for record in caplog.records if "nothing can be stored" in record.getMessage()] == ["ERROR"]


def limited(database: Database) -> None:
    """The connections that store are not to make the file larger than it is."""
    sa.event.listen(database._driver._threaded, "checkout", lambda connection, *_: connection.execute("PRAGMA max_page_count=1"))  # type: ignore[attr-defined]
