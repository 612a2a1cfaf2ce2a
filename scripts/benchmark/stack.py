"""The stack that is measured: a model server, a queue server, mains and workers, each a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from benchmark.databases import SQLITE, database_variables, flow_kind, opened, store_flow
from benchmark.load import Address
from benchmark.processes import cpu_seconds, rss_mib, tree_of
from flowisectl.supervisor.embedded import open_embedded_redis

HERE = Path(__file__).resolve().parent
START_SECONDS = 60
POLL_SECONDS = 0.01
SETTINGS_OF_THE_MACHINE = ("REDIS_", "DATABASE_", "SECRETKEY_", "FLOWISE_", "LOG_", "QUEUE_", "WORKER_", "STORAGE_", "BLOB_", "REMOVE_")
MAIN, WORKER, REDIS = "main", "worker", "redis"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a stack consists of."""

    mains: int = 1
    workers: int = 1
    database: str = SQLITE
    variables: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.mains} main, {self.workers} worker, {self.database}"


@dataclass(kw_only=True)
class Role:
    """A main or a worker that serves."""

    kind: str
    process: subprocess.Popen[bytes]
    port: int
    ready_seconds: float
    """From the start of the process until `/readyz` said yes."""

    def pids(self) -> list[int]:
        return tree_of(self.process.pid)


class Stack:
    def __init__(self, *, folder: Path, environment: dict[str, str], model_url: str, redis: Redis, redis_pid: int) -> None:
        self.folder, self.environment, self.model_url = folder, environment, model_url
        self.redis, self.redis_pid = redis, redis_pid
        """`redis_pid` is 0 when the server runs elsewhere: its CPU is then not in the sums."""
        self.roles: list[Role] = []
        self.flow_ids: dict[str, str] = {}

    @property
    def addresses(self) -> list[Address]:
        return [("127.0.0.1", role.port) for role in self.roles if role.kind == MAIN]

    def pids(self, kind: str) -> list[int]:
        """All processes of a kind, with the children that workers run user code in."""
        if kind == REDIS:
            return [self.redis_pid] if self.redis_pid else []
        return [pid for role in self.roles if role.kind == kind for pid in role.pids()]

    def cpu(self) -> dict[str, float]:
        """CPU seconds since their start, by kind of process."""
        return {kind: sum(map(cpu_seconds, self.pids(kind))) for kind in (MAIN, WORKER, REDIS)}

    def rss(self) -> dict[str, float]:
        """MiB of all processes of a kind, added up."""
        return {kind: rss_mib(self.pids(kind)) for kind in (MAIN, WORKER, REDIS)}

    async def start(self, kind: str) -> Role:
        """Start a main or a worker, and wait until it says that it is ready."""
        port = free_port()
        command = [sys.executable, "-m", "flowisectl", *(["start", "--role", "main"] if kind == MAIN else ["start-worker"])]
        with (self.folder / f"{kind}-{port}.log").open("wb") as log:
            started = time.perf_counter()
            environment = {**self.environment, "PORT": str(port), "WORKER_PORT": str(port)}
            process = subprocess.Popen(command, env=environment, cwd=self.folder, stdout=log, stderr=log)  # noqa: ASYNC220
        role = Role(kind=kind, process=process, port=port, ready_seconds=0.0)
        self.roles.append(role)
        while not await asyncio.to_thread(is_ready, port):
            if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                raise SystemExit(f"a {kind} did not start:\n{(self.folder / f'{kind}-{port}.log').read_text()[-2000:]}")
            await asyncio.sleep(POLL_SECONDS)
        role.ready_seconds = time.perf_counter() - started
        return role

    async def stop(self, role: Role) -> None:
        self.roles.remove(role)
        await asyncio.to_thread(end, role.process)

    async def flow(self, name: str, flow: Mapping[str, Any]) -> str:
        """The id of a stored flow, which is stored when it is asked for the first time."""
        if name not in self.flow_ids:
            async with opened(self.environment, self.folder) as database:
                self.flow_ids[name] = await store_flow(database, name, flow, flow_kind(flow))
        return self.flow_ids[name]

    async def key(self) -> str:
        """An API key that may do everything, of an account that is made for it."""
        await self._command("user", "create", "--email", "bench@example.com", "--password", f"Bench-{uuid.uuid4().hex}!1A")
        return (await self._command("apikey", "create", "bench")).split()[-1]

    async def _command(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "flowisectl", *arguments]
        done = await asyncio.to_thread(
            subprocess.run, command, env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"`{' '.join(command)}` failed:\n{done.stderr[-2000:]}")
        return str(done.stdout)

    async def in_flight(self) -> int:
        """The most answers of the model server at once since this was last asked."""
        return int((await asyncio.to_thread(get_json, f"{self.model_url}/peak"))["peak"])


@asynccontextmanager
async def running_stack(shape: Shape) -> AsyncIterator[Stack]:
    """Start everything in a temporary folder; end it again, whatever happens. With REDIS_URL set that server is used."""
    async with AsyncExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="flowisectl-bench-")))
        model = subprocess.Popen([sys.executable, str(HERE / "model_server.py")], stdout=subprocess.PIPE)  # noqa: ASYNC220
        exits.callback(end, model)
        assert model.stdout is not None
        port = (await asyncio.to_thread(model.stdout.readline)).split()[-1].decode()
        redis_url, redis_pid = os.environ.get("REDIS_URL", ""), 0
        if not redis_url:
            server = await exits.enter_async_context(open_embedded_redis(folder / "queue"))
            redis_url, redis_pid = server.url, server.pid
        environment = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF_THE_MACHINE)}
        environment |= {
            "MODE": "queue",
            "HOST": "127.0.0.1",
            "REDIS_URL": redis_url,
            "QUEUE_NAME": f"bench-{os.getpid()}",
            "DATABASE_PATH": str(folder),
            "SECRETKEY_PATH": str(folder),
            "BLOB_STORAGE_PATH": str(folder / "storage"),
            "LOG_LEVEL": "error",
            "HTTP_SECURITY_CHECK": "false",
            **exits.enter_context(database_variables(shape.database)),
            **shape.variables,
        }
        redis = Redis.from_url(redis_url)
        exits.push_async_callback(redis.aclose)
        stack = Stack(folder=folder, environment=environment, model_url=f"http://127.0.0.1:{port}/v1", redis=redis, redis_pid=redis_pid)
        try:
            for kind in [MAIN] * shape.mains + [WORKER] * shape.workers:
                await stack.start(kind)
            yield stack
        finally:
            for role in stack.roles:
                role.process.send_signal(signal.SIGTERM)
            for role in stack.roles:
                end(role.process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(port: int) -> bool:
    with contextlib.suppress(urllib.error.URLError, OSError):
        return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).status == 200)
    return False


def get_json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask for an orderly end; after 20 s kill."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
