"""One process at a time changes the schema: a file lock beside SQLite's file, an advisory lock in PostgreSQL and
MySQL.

Both locks end with the process that holds them, however it ends.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import sqlalchemy as sa

from flowisectl.database.access import Database
from flowisectl.errors import DatabaseUnavailable

TIMEOUT_SECONDS = 120.0
_PAUSE_SECONDS = 0.05
_ADVISORY_KEY = 7_215_004_410


def schema_lock(database: Database, timeout_seconds: float = TIMEOUT_SECONDS) -> AbstractAsyncContextManager[None]:
    """Hold the right to change the schema. Raises DatabaseUnavailable when another process holds it for too long."""
    if database.dialect == "postgresql":
        return _advisory_lock(database, timeout_seconds)
    if database.dialect == "mysql":
        return _named_lock(database, timeout_seconds)
    return _file_lock(database, timeout_seconds)


@asynccontextmanager
async def _file_lock(database: Database, timeout_seconds: float) -> AsyncIterator[None]:
    database_file = database.settings.sqlite_file
    file = database_file.with_name(database_file.name + ".flowisectl-lock")
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DatabaseUnavailable(f"{file} cannot be written ({error.strerror}): check the folder DATABASE_PATH") from error
    try:
        deadline = time.monotonic() + timeout_seconds
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                raise _held_too_long(str(file), timeout_seconds)
            await asyncio.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


@asynccontextmanager
async def _advisory_lock(database: Database, timeout_seconds: float) -> AsyncIterator[None]:
    async with database.read() as connection:
        deadline = time.monotonic() + timeout_seconds
        while not (await connection.execute(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY})).scalar():
            if time.monotonic() > deadline:
                raise _held_too_long(f"the advisory lock {_ADVISORY_KEY} of {database.place}", timeout_seconds)
            await asyncio.sleep(_PAUSE_SECONDS)
        try:
            yield
        finally:
            await asyncio.shield(connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_KEY}))


@asynccontextmanager
async def _named_lock(database: Database, timeout_seconds: float) -> AsyncIterator[None]:
    """A lock of the whole server, so its name carries the database's (64 characters at most)."""
    name = f"flowisectl-{hashlib.sha256(database.settings.name.encode()).hexdigest()[:32]}"
    async with database.read() as connection:
        wanted = {"name": name, "seconds": timeout_seconds}
        if (await connection.execute(sa.text("SELECT GET_LOCK(:name, :seconds)"), wanted)).scalar() != 1:
            raise _held_too_long(f"the lock {name} of {database.place}", timeout_seconds)
        try:
            yield
        finally:
            await asyncio.shield(connection.execute(sa.text("SELECT RELEASE_LOCK(:name)"), {"name": name}))


def _held_too_long(what: str, seconds: float) -> DatabaseUnavailable:
    return DatabaseUnavailable(f"{what} is held by another process for more than {seconds:.0f} s: see what migrates there, then try again")


def _try_lock(descriptor: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
