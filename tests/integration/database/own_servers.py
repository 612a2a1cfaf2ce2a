"""Database servers that a test starts itself on a port of its own, and certificates for them."""

from __future__ import annotations

import asyncio
import datetime
import getpass
import ipaddress
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import aiomysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.settings import DatabaseSettings

PASSWORD = "p4ss-word-in-no-message"
START_SECONDS = 60
_READY = re.compile(r"ready (to accept|for) connections")
Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def certificate(name: str, issuer: Pair | None = None, *, address: str = "127.0.0.1") -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer[0].subject if issuer else subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
    )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def certificate_pem(pair: Pair) -> str:
    return pair[0].public_bytes(serialization.Encoding.PEM).decode()


def write_pair(folder: Path, pair: Pair, owner: str) -> None:
    key = pair[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_text(certificate_pem(pair))
    (folder / "server.key").write_bytes(key)
    (folder / "server.key").chmod(0o600)
    for name in ("server.pem", "server.key"):
        shutil.chown(folder / name, owner)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(command: list[str], log: Path, user: str, stop: signal.Signals = signal.SIGTERM) -> Iterator[None]:
    """A server until the block ends; it answers when the block begins. `stop` ends it without waiting for its clients."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, user=user if os.geteuid() == 0 else None, cwd=log.parent)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _READY.search(log.read_text()):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(stop)
        process.wait(START_SECONDS)


def postgres_folder() -> Path | None:
    """The programs of a PostgreSQL that can encrypt; the one out of the package registry cannot."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    place = shutil.which("initdb")
    return found[-1].parent if found else Path(place).parent if place else None


class OwnPostgres:
    """A PostgreSQL with its data in a folder; it runs within `running`, as often as one likes."""

    def __init__(self, folder: Path, *, access: str, options: Mapping[str, object]) -> None:
        """`access` is its pg_hba.conf, `options` are settings beyond its address."""
        programs = postgres_folder()
        if programs is None:
            pytest.skip("no PostgreSQL that encrypts: initdb is not installed (Debian: postgresql)")
        self.user = "nobody" if os.geteuid() == 0 else getpass.getuser()
        self.folder, self.port = folder, free_port()
        self._program = programs / "postgres"
        shutil.chown(folder, self.user)
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        given = ["-D", str(folder / "data"), "-U", "flowise", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8"]
        made = subprocess.run(
            [str(programs / "initdb"), *given, "--locale=C"],
            capture_output=True,
            user=self.user if os.geteuid() == 0 else None,
            cwd=folder,
        )
        assert made.returncode == 0, made.stderr.decode()
        (folder / "data" / "pg_hba.conf").write_text(access)
        self._options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", **options}

    @property
    def settings(self) -> DatabaseSettings:
        return DatabaseSettings(type="postgres", host="127.0.0.1", port=self.port, name="postgres", user="flowise", password=PASSWORD)

    @contextmanager
    def running(self) -> Iterator[None]:
        switches = [part for option, value in self._options.items() for part in ("-c", f"{option}={value}")]
        command = [str(self._program), "-D", str(self.folder / "data"), *switches]
        with running(command, self.folder / "log", self.user, signal.SIGINT):
            yield


class OwnMariaDb:
    """A MariaDB with its data in a folder; it runs within `running`, as often as one likes."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        binary, install = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin"), shutil.which("mariadb-install-db")
        if binary is None or install is None:
            pytest.skip("no MariaDB: mariadbd and mariadb-install-db are not installed (Debian: mariadb-server)")
        self.folder, self.port, self._user = folder, free_port(), getpass.getuser()
        options = [f"--datadir={folder / 'data'}", f"--user={self._user}"]
        made = subprocess.run(
            [install, "--no-defaults", *options, "--auth-root-authentication-method=normal", "--skip-test-db"], capture_output=True
        )
        assert made.returncode == 0, made.stderr.decode()
        own = [f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}", "--bind-address=127.0.0.1", f"--port={self.port}"]
        self._command = [binary, "--no-defaults", *options, *own, *arguments]
        with self.running(), ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _make_account(str(folder / "s"))).result()

    @property
    def settings(self) -> DatabaseSettings:
        return DatabaseSettings(type="mariadb", host="127.0.0.1", port=self.port, name="flowise", user="flowise", password=PASSWORD)

    @contextmanager
    def running(self) -> Iterator[None]:
        with running(self._command, self.folder / "log", self._user):
            yield


async def _make_account(path: str) -> None:
    connection = await aiomysql.connect(unix_socket=path, user="root")
    try:
        async with connection.cursor() as cursor:
            await cursor.execute("CREATE DATABASE flowise CHARACTER SET utf8mb4")
            await cursor.execute(f"CREATE USER flowise@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
            await cursor.execute("GRANT ALL ON flowise.* TO flowise@'127.0.0.1'")
    finally:
        connection.close()
