from __future__ import annotations

import contextlib
import socket
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


async def test_a_server_that_is_not_there_is_told_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = DatabaseSettings(type="postgres", host="127.0.0.1", port=taken.getsockname()[1], name="n", user="u", password="hunter2")

        look = await look_at_database(settings)

    assert look.reason == "it cannot be reached (connection refused): check the DATABASE_* settings and that it runs"
    assert "hunter2" not in look.place


async def test_a_file_that_is_no_database_is_told_with_where_to_look(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    settings.sqlite_file.write_text("this is no database, however long it is" * 100)

    look = await look_at_database(settings)

    assert "file is not a database" in look.reason and f"look at {settings.sqlite_file}" in look.reason
