"""Whether a database that answers also takes writes: it may be locked, full, or a replica."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowisectl.database.connection import Database

WRITE_SECONDS = 3.0
_IS_READ_ONLY = {
    "postgresql": "SELECT current_setting('transaction_read_only') = 'on' AS answer",
    "mysql": "SELECT @@read_only AS answer",
}


async def trouble_with_writing(database: Database) -> str:
    """Why nothing can be stored and what to do, empty when something can. What SQLite is given to write changes nothing."""
    if database.dialect != "sqlite":
        import sqlalchemy as sa

        if (await database.fetch(sa.text(_IS_READ_ONLY[database.dialect])))[0]["answer"]:
            return "is a replica or read-only: point DATABASE_HOST to the primary"
        return ""
    file = database.settings.sqlite_file
    try:
        await asyncio.to_thread(_write_the_same, file)
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return f"takes no write within {WRITE_SECONDS:g} s ({error}): `fuser {file}` names who has it"
        return f"takes no write ({error}): look at the room on its disk, and at who owns the file"
    return ""


def _write_the_same(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, timeout=WRITE_SECONDS, isolation_level=None)) as connection:
        connection.execute("UPDATE flowisectl_alembic_version SET version_num = version_num")
