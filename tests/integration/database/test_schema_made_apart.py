"""The first start has its schema made by a child, and does not keep what that takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import DatabaseSettings
from flowisectl.database.connection import open_database
from flowisectl.database.migrations.apart import is_due
from flowisectl.database.migrations.runner import schema_state
from flowisectl.errors import DatabaseUnavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there the schema is made in the server's own process")

PROGRAM = """
import sys, threading
from pathlib import Path
from config.settings import DatabaseSettings
from flowisectl.database.migrations.apart import migrate_apart
if sys.argv[2] == "threads":
    threading.Thread(target=threading.main_thread().join).start()
migrate_apart(DatabaseSettings(path=Path(sys.argv[1])))
print("alembic" in sys.modules, "sqlalchemy.dialects.postgresql" in sys.modules)
"""


def made_apart(folder: Path, how: str = "alone") -> str:
    command = [sys.executable, "-c", PROGRAM, str(folder), how]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.strip()


async def test_a_child_makes_the_schema_and_takes_alembic_with_it(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    assert is_due(settings)

    assert made_apart(tmp_path) == "False False"

    assert not is_due(settings)
    async with open_database(settings, migrate=False) as database:
        assert (await schema_state(database)).is_current


async def test_a_schema_that_is_up_to_date_is_not_due(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    async with open_database(settings):
        pass

    assert not is_due(settings)


async def test_what_is_no_database_is_left_alone_and_told_afterwards(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    settings.sqlite_file.write_bytes(b"no database at all, but a text" * 50)
    assert is_due(settings)

    made_apart(tmp_path)

    assert settings.sqlite_file.read_bytes().startswith(b"no database")
    with pytest.raises(DatabaseUnavailable):
        async with open_database(settings):
            pass


def test_with_threads_at_work_nothing_is_forked(tmp_path: Path) -> None:
    made_apart(tmp_path, "threads")

    assert is_due(DatabaseSettings(path=tmp_path))


def test_a_server_database_is_migrated_by_the_server_itself() -> None:
    assert not is_due(DatabaseSettings(type="postgres", host="h", name="n", user="u"))
