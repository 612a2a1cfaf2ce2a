"""The stack that the drills disturb: a Valkey, mains and workers, each a process of its own that can be killed and started again."""

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
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from chaosdrills.model import Model, open_model
from chaosdrills.rows import POSTGRES, Postgres, open_postgres, sqlite_rows
from flowisectl.supervisor.embedded import binary_path

SETTINGS_OF_THE_MACHINE = ("REDIS_", "DATABASE_", "SECRETKEY_", "FLOWISE_", "LOG_", "QUEUE_", "WORKER_", "STORAGE_", "BLOB_", "JOB_", "ON_")
START_SECONDS = 60
QUEUE = "chaos"
WORKERS = "workers of the stack"
"""Among the options of a stack: how many workers it has."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One child: its command, how it is now, and how to start it again."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], folder: Path, port: int) -> None:
        self.name, self.command, self.environment, self.folder, self.port = name, command, environment, folder, port
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    @property
    def is_alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.child = subprocess.Popen(self.command, env=self.environment, cwd=self.folder, stdout=log, stderr=log)

    def send(self, number: signal.Signals) -> None:
        if self.is_alive:
            os.kill(self.pid, number)

    async def gone(self, seconds: float = 60) -> int:
        assert self.child is not None
        return await asyncio.wait_for(asyncio.to_thread(self.child.wait), seconds)

    async def kill(self) -> None:
        self.send(signal.SIGKILL)
        await self.gone()

    async def stop(self) -> int:
        """Ask for an orderly end and wait for it."""
        self.send(signal.SIGTERM)
        return await self.gone()

    def end(self) -> None:
        if self.is_alive:
            self.send(signal.SIGCONT)
            self.send(signal.SIGKILL)
            assert self.child is not None
            self.child.wait()


class Stack:
    def __init__(self, folder: Path, model: Model, options: dict[str, str]) -> None:
        self.folder, self.model = folder, model
        self.redis_port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF_THE_MACHINE)}
        self.environment |= {
            "MODE": "queue",
            "HOST": "127.0.0.1",
            "QUEUE_NAME": QUEUE,
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}",
            "DATABASE_PATH": str(folder),
            "SECRETKEY_PATH": str(folder),
            "BLOB_STORAGE_PATH": str(folder / "storage"),
            "LOG_LEVEL": "warn",
            "HTTP_SECURITY_CHECK": "false",
            **options,
        }
        where = ["--bind", "127.0.0.1", "--port", str(self.redis_port), "--dir", str(folder)]
        durable = ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
        self.valkey = Process("valkey", [str(binary_path()), *where, *durable], self.environment, folder, self.redis_port)
        self.mains: list[Process] = []
        self.workers: list[Process] = []
        self.redis = Redis(host="127.0.0.1", port=self.redis_port)
        self.flows: dict[str, str] = {}
        self.postgres: Postgres | None = None

    async def rows(self) -> list[tuple[str, str, str]]:
        """`(chat, role, content)` of every stored message."""
        return await self.postgres.rows() if self.postgres is not None else sqlite_rows(self.folder)

    def role(self, name: str, *arguments: str) -> Process:
        port = free_port()
        environment = {**self.environment, "PORT": str(port), "WORKER_PORT": str(port)}
        return Process(name, [sys.executable, "-m", "flowisectl", *arguments], environment, self.folder, port)

    async def add_main(self) -> Process:
        main = self.role(f"main{len(self.mains)}", "start", "--role", "main")
        self.mains.append(main)
        main.start()
        await self.until_served(main)
        return main

    async def add_worker(self) -> Process:
        worker = self.role(f"worker{len(self.workers)}", "start-worker")
        self.workers.append(worker)
        worker.start()
        await self.until_served(worker)
        return worker

    async def until_served(self, process: Process) -> None:
        path = "healthz" if process.name.startswith("worker") else "api/v1/ping"
        await until(lambda: self._answers(process, f"http://127.0.0.1:{process.port}/{path}"), f"{process.name} answers")

    def _answers(self, process: Process, url: str) -> bool:
        if not process.is_alive:
            raise SystemExit(f"{process.name} did not start:\n{(self.folder / f'{process.name}.log').read_text()[-2000:]}")
        with contextlib.suppress(OSError):
            return bool(urllib.request.urlopen(url, timeout=2).status == 200)
        return False

    async def start_valkey(self) -> None:
        self.valkey.start()
        await self.until_redis()

    async def until_redis(self) -> None:
        async def answers() -> bool:
            with contextlib.suppress(Exception):
                return bool(await self.redis.ping())
            return False

        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while not await answers():
            if asyncio.get_running_loop().time() > deadline:
                raise SystemExit("valkey did not answer")
            await asyncio.sleep(0.02)

    def import_flow(self, name: str, flow: dict[str, Any]) -> None:
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(flow))
        command = [sys.executable, "-m", "flowisectl", "flows", "import", str(file), "--name", name]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, cwd=self.folder, check=False)
        if done.returncode:
            raise SystemExit(f"importing {name} failed: {done.stderr.strip()}")
        self.flows[name] = done.stdout.split()[-1]

    def end(self) -> None:
        for process in [*self.mains, *self.workers, self.valkey]:
            process.end()


async def until(holds: Any, what: str, seconds: float = START_SECONDS) -> None:
    """Wait for a condition that is asked in a thread."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(holds):
        if asyncio.get_running_loop().time() > deadline:
            raise SystemExit(f"waited {seconds:g} s in vain: {what}")
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running_stack(flows: Any, *, mains: int = 2, workers: int = 2, options: dict[str, str] | None = None) -> AsyncIterator[Stack]:
    """Everything in a temporary folder; ended again whatever happens. `flows` makes the flows for a model's address."""
    with tempfile.TemporaryDirectory(prefix="flowisectl-chaos-") as folder:
        options = dict(options or {})
        async with AsyncExitStack() as opened:
            model = await opened.enter_async_context(open_model())
            postgres = opened.enter_context(open_postgres(options)) if options.pop(POSTGRES, "") else None
            workers = int(options.pop(WORKERS, workers))
            stack = Stack(Path(folder), model, options)
            stack.postgres = postgres
            try:
                await stack.start_valkey()
                await stack.add_main()
                for name, flow in flows(model).items():
                    await asyncio.to_thread(stack.import_flow, name, flow)
                for _ in range(mains - 1):
                    await stack.add_main()
                for _ in range(workers):
                    await stack.add_worker()
                yield stack
            finally:
                await stack.redis.aclose()
                stack.end()
