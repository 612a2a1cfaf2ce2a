"""The stack that is measured: a model server and `flowisectl start --role all-in-one`, each in its own process."""

from __future__ import annotations

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
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmark.processes import command_of, tree_of

HERE = Path(__file__).resolve().parent
START_SECONDS = 60


@dataclass(kw_only=True)
class Stack:
    port: int
    model_url: str
    folder: Path
    supervisor: subprocess.Popen[bytes]
    environment: dict[str, str] = field(repr=False)
    started_seconds: float = 0.0

    def pids(self) -> dict[str, list[int]]:
        """The processes by role: main, worker (one entry each), redis."""
        roles: dict[str, list[int]] = {"main": [], "worker": [], "redis": []}
        for pid in tree_of(self.supervisor.pid):
            command = command_of(pid)
            if "valkey-server" in command or "redis-server" in command:
                roles["redis"].append(pid)
            elif "start-worker" in command or "role worker" in command:
                roles["worker"].append(pid)
            elif pid != self.supervisor.pid and ("--role main" in command or "roles.main" in command):
                roles["main"].append(pid)
        # a worker's own children (sandbox processes) count as the worker's
        for pid in list(roles["worker"]):
            roles["worker"] += [child for child in tree_of(pid) if child not in roles["worker"]]
        return roles

    def import_flow(self, name: str, flow: dict) -> str:
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(flow))
        command = [sys.executable, "-m", "flowisectl", "flows", "import", str(file), "--name", name]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, cwd=self.folder)
        if done.returncode:
            raise SystemExit(f"importing {name} failed: {done.stderr.strip()}")
        return done.stdout.split()[-1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_stack(*, workers: int, extra: dict[str, str] | None = None) -> Iterator[Stack]:
    """Start everything in a temporary folder; end it again, whatever happens."""
    with contextlib.ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="flowisectl-bench-")))
        model = subprocess.Popen([sys.executable, str(HERE / "model_server.py")], stdout=subprocess.PIPE)
        exits.callback(_end, model)
        assert model.stdout is not None
        model_url = f"http://127.0.0.1:{model.stdout.readline().split()[-1].decode()}/v1"
        port = free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("REDIS_", "DATABASE_"))}
        environment |= {
            "MODE": "queue",
            "PORT": str(port),
            "WORKER_PORT": str(free_port()),
            "DATABASE_PATH": str(folder),
            "SECRETKEY_PATH": str(folder),
            "BLOB_STORAGE_PATH": str(folder / "storage"),
            "LOG_LEVEL": "error",
            "HTTP_SECURITY_CHECK": "false",
            **(extra or {}),
        }
        started = time.perf_counter()
        command = [sys.executable, "-m", "flowisectl", "start", "--role", "all-in-one", "--workers", str(workers)]
        log = exits.enter_context((folder / "stack.log").open("wb"))
        supervisor = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        exits.callback(_end, supervisor)
        stack = Stack(port=port, model_url=model_url, folder=folder, supervisor=supervisor, environment=environment)
        _wait_until_served(stack)
        stack.started_seconds = time.perf_counter() - started
        yield stack


def _wait_until_served(stack: Stack) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{stack.port}/api/v1/ping", timeout=2).read()
            return
        if stack.supervisor.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the stack did not start:\n{(stack.folder / 'stack.log').read_text()[-2000:]}")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
