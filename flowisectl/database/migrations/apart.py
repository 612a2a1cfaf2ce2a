"""Bringing SQLite's schema up to date in a process of its own: Alembic holds 15 MB that no later start needs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import sys
import threading
from pathlib import Path

from config.settings import DatabaseSettings
from flowisectl.database.connection import open_database
from flowisectl.database.migrations.runner import HEAD, migrate


def is_due(settings: DatabaseSettings) -> bool:
    """Whether there are steps to take that a child could take."""
    # A fork takes along what is imported, and macOS does not like it at all.
    return sys.platform == "linux" and settings.type == "sqlite" and _revision(settings.sqlite_file) != HEAD


def migrate_apart(settings: DatabaseSettings) -> None:
    """Take the steps that are due, in a child that ends with them. To be called before there are threads or an event loop.

    Nothing is promised: where it cannot be done, or fails, `open_database` does it all the same, or says what is wrong.
    """
    if threading.active_count() > 1:
        return  # of all threads a child has only one, and the locks of the others
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        asyncio.run(_migrate(settings))
    finally:
        os._exit(0)  # also after an error: the parent meets the same one, and tells it


async def _migrate(settings: DatabaseSettings) -> None:
    async with open_database(settings, migrate=False) as database:
        await migrate(database)


def _revision(file: Path) -> str:
    """The newest step that was taken; empty for none."""
    with contextlib.suppress(sqlite3.Error):
        if file.exists():
            with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
                row = connection.execute("SELECT version_num FROM flowisectl_alembic_version").fetchone()
                return str(row[0]) if row else ""
    return ""
