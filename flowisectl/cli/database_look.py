"""A short look at the database, without its whole layer: does it answer, and how far is its schema."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from dataclasses import dataclass

from config.settings import DatabaseSettings

LOOK_SECONDS = 3.0
LOCK_SECONDS = 1.0
"""How long a lock of SQLite may be held before it is told: what roles write takes some milliseconds."""
_VERSION = "SELECT version_num FROM flowisectl_alembic_version"


@dataclass(frozen=True, kw_only=True)
class DatabaseLook:
    place: str
    """Never with a password."""
    schema: str = ""
    """The newest step that was taken, empty for none."""
    milliseconds: float = 0.0
    reason: str = ""
    """Why it cannot be used; empty when it can."""
    lock: str = ""
    """Why nobody can write although it can be read; empty when somebody can, and where that is not looked at."""


def database_place(settings: DatabaseSettings) -> str:
    """The database in words; never a password."""
    if settings.type == "sqlite":
        return f"sqlite {settings.sqlite_file}"
    return f"{settings.type} {settings.user}@{settings.host}:{settings.port}/{settings.name}"


async def look_at_database(settings: DatabaseSettings) -> DatabaseLook:
    place = database_place(settings)
    began = time.perf_counter()
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            look = {"sqlite": _sqlite_aside, "postgres": _postgres}.get(settings.type, _through_the_layer)
            schema = await look(settings)
            milliseconds = (time.perf_counter() - began) * 1000
            lock = await asyncio.to_thread(_lock, settings) if settings.type == "sqlite" and schema else ""
    except TimeoutError:
        return DatabaseLook(place=place, reason=f"no answer within {LOOK_SECONDS:g} s")
    except Exception as error:
        return DatabaseLook(place=place, reason=_told(error, settings))
    return DatabaseLook(
        place=place,
        schema=schema,
        milliseconds=milliseconds,
        lock=lock,
        reason="" if schema else "it is not migrated: start a server, or run `flowisectl database migrate`",
    )


def _told(error: Exception, settings: DatabaseSettings) -> str:
    """What is wrong and what to do, in one line; the place is told beside it."""
    text = " ".join(str(error).split())[:200] or type(error).__name__
    if isinstance(error, sqlite3.Error):
        return f"{text}: look at {settings.sqlite_file}, at who owns it and at the room on its disk"
    from flowisectl.database.failures import explain

    own = explain(error, "it")
    return text if own is error else " ".join(str(own).split())


def _sqlite(settings: DatabaseSettings) -> str:
    file = settings.sqlite_file.absolute()
    if not file.exists():
        return ""
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'flowisectl_alembic_version'").fetchone():
            return ""
        row = connection.execute(_VERSION).fetchone()
        return str(row[0]) if row else ""


def _lock(settings: DatabaseSettings) -> str:
    """Take the lock that writers need, and give it back at once: nothing is written. Another reason than a lock is not told here."""
    file = settings.sqlite_file.absolute()
    try:
        with contextlib.closing(
            sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=LOCK_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return f"another process has locked it for more than {LOCK_SECONDS:g} s; `fuser {file}` names who has it"
    return ""


async def _sqlite_aside(settings: DatabaseSettings) -> str:
    return await asyncio.to_thread(_sqlite, settings)


async def _through_the_layer(settings: DatabaseSettings) -> str:
    """MySQL and MariaDB, whose client has no shorter way."""
    from flowisectl.database.connection import open_database_to_read
    from flowisectl.database.migrations.runner import schema_state

    async with open_database_to_read(settings) as database:
        return (await schema_state(database)).revision or ""


async def _postgres(settings: DatabaseSettings) -> str:
    import asyncpg  # type: ignore[import-untyped]

    encryption = None
    if settings.ssl or settings.ssl_ca_pem:
        from flowisectl.database.encryption import encryption_of

        encryption = encryption_of(settings)
    connection = await asyncpg.connect(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password or None,
        database=settings.name,
        ssl=encryption or False,
        timeout=LOOK_SECONDS,
    )
    try:
        if await connection.fetchval("SELECT to_regclass('flowisectl_alembic_version')") is None:
            return ""
        return str(await connection.fetchval(_VERSION) or "")
    finally:
        await connection.close()
