"""Opens a database that may belong to a running Flowise, without leaving a trace: not a byte, not a file beside it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

from config.settings import DatabaseSettings
from flowisectl.database.connection import Database, open_database_to_read
from flowisectl.errors import DatabaseUnavailable

_HEADER_BYTES = 20
_WAL_FORMAT = 2
_TRIES = 5


@asynccontextmanager
async def open_untouched(settings: DatabaseSettings) -> AsyncIterator[Database]:
    """The database, for reading only. PostgreSQL and MySQL refuse writes themselves; of SQLite see `_readable`.

    Raises DatabaseUnavailable, InvalidSetting.
    """
    if settings.type != "sqlite":
        async with open_database_to_read(settings) as database:
            yield database
        return
    with _readable(settings) as (found, is_immutable):
        async with open_database_to_read(found, immutable=is_immutable) as database:
            yield database


@contextmanager
def _readable(settings: DatabaseSettings) -> Iterator[tuple[DatabaseSettings, bool]]:
    """Where the SQLite file can be read, and whether nobody writes there.

    With a rollback journal, which is what Flowise uses, a reader only locks. A write-ahead log needs an index that every reader
    writes into, and a journal that a crash left behind must be played back: such a file is read from a copy.
    """
    file = settings.sqlite_file
    if not file.is_file():
        raise DatabaseUnavailable(f"there is no {file}: give the folder of Flowise's database.sqlite as DATABASE_PATH")
    try:
        with file.open("rb") as opened:
            header = opened.read(_HEADER_BYTES)
        is_logged = len(header) == _HEADER_BYTES and header[18] == _WAL_FORMAT
        companions = [path for suffix in ("-wal", "-journal") if (path := file.with_name(file.name + suffix)).is_file()]
        left_over = [path for path in companions if path.stat().st_size]
        if not is_logged and not left_over:
            yield settings, False
        elif is_logged and not left_over and not file.with_name(f"{file.name}-shm").exists():
            yield settings, True
        else:
            with tempfile.TemporaryDirectory(prefix="flowisectl-check-") as folder:
                _copy(file, Path(folder))
                _settle(Path(folder) / file.name)
                yield replace(settings, path=Path(folder)), True
    except OSError as error:
        raise DatabaseUnavailable(f"{file} cannot be read ({error.strerror}): run the check as a user who may read it") from error


def _copy(file: Path, folder: Path) -> None:
    """Copy the file with its log; once more when somebody has written meanwhile."""
    names = [file.name, f"{file.name}-wal", f"{file.name}-journal"]
    for _ in range(_TRIES):
        before = _stamps(file, names)
        for name in names:
            (folder / name).unlink(missing_ok=True)
            if before[name] is not None:
                shutil.copyfile(file.with_name(name), folder / name)
        if _stamps(file, names) == before:
            return
    raise DatabaseUnavailable(f"{file} is written all the time, so it could not be copied: stop Flowise for the check")


def _settle(copy: Path) -> None:
    """Play the log or journal of the copy into it, so that it can be read alone."""
    import sqlite3

    try:
        connection = sqlite3.connect(copy)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise DatabaseUnavailable(f"SQLite database {copy.name} cannot be read ({error}): check it with `sqlite3`") from error


def _stamps(file: Path, names: list[str]) -> dict[str, tuple[int, int] | None]:
    found: dict[str, tuple[int, int] | None] = {}
    for name in names:
        path = file.with_name(name)
        found[name] = (path.stat().st_size, path.stat().st_mtime_ns) if path.is_file() else None
    return found
