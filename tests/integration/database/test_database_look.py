from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from config.settings import DatabaseSettings
from flowisectl.cli import database_look
from flowisectl.cli.database_look import look_at_database
from flowisectl.database.connection import open_database
from flowisectl.database.migrations.runner import HEAD


async def test_a_short_look_sees_every_kind_of_database(empty_settings: DatabaseSettings) -> None:
    before = await look_at_database(empty_settings)
    async with open_database(empty_settings):
        pass

    after = await look_at_database(empty_settings)

    assert before.schema == "" and "flowisectl database migrate" in before.reason
    assert after.schema == HEAD and after.reason == "" and after.milliseconds > 0


async def test_a_lock_that_nobody_waits_for_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_look, "LOCK_SECONDS", 0.05)
    settings = DatabaseSettings(path=tmp_path)
    async with open_database(settings):
        free = await look_at_database(settings)
        with contextlib.closing(sqlite3.connect(settings.sqlite_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            locked = await look_at_database(settings)
            other.execute("ROLLBACK")
        again = await look_at_database(settings)

    assert free.lock == again.lock == ""
    assert locked.reason == "" and f"`fuser {settings.sqlite_file}`" in locked.lock


async def test_looking_writes_nothing(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    async with open_database(settings):
        pass
    before = settings.sqlite_file.read_bytes()

    await look_at_database(settings)

    assert settings.sqlite_file.read_bytes() == before
