"""Several workers under one supervisor: those of an all-in-one, whose number can change, and those of `start-worker --processes`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from config.settings import Settings
from flowisectl.supervisor.printer import Printer
from flowisectl.supervisor.process import Role
from flowisectl.supervisor.supervisor import OWN_NAME, Supervisor
from roles.built_in_texts import texts_of
from roles.probe import answers_http, says_anything
from roles.process import free_port, supervised_environment

STOP_MARGIN_SECONDS = 5.0


class FindPort(Protocol):
    def __call__(self, *, taken: set[int]) -> int: ...


def worker_names(number: int) -> list[str]:
    return ["worker"] if number == 1 else [f"worker-{place}" for place in range(1, number + 1)]


def paths_of(settings: Settings) -> dict[str, str]:
    """Where things are, as variables: a flag of the command line does not reach child processes."""
    return {
        "DATABASE_PATH": str(settings.database.path.expanduser()),
        "SECRETKEY_PATH": str(settings.secrets.path.expanduser()),
        "BLOB_STORAGE_PATH": str(settings.storage.path.expanduser()),
    }


def worker_role(
    settings: Settings, environment: Mapping[str, str], name: str, port: int, *, needs: tuple[str, ...] = (), stage: int = 0
) -> Role:
    """A worker as a supervised process, with its health endpoint on this port."""
    host = settings.http.host if settings.http.host not in ("", "0.0.0.0", "::") else "127.0.0.1"
    return Role(
        name=name,
        command=(sys.executable, "-m", "flowisectl", "start-worker"),
        environment=supervised_environment(environment, {"WORKER_PORT": str(port)}),
        needs=needs,
        stage=stage,
        stop_seconds=settings.worker.shutdown_grace_seconds + STOP_MARGIN_SECONDS,
        is_ready=partial(answers_http, host, port, "/healthz"),
        is_alive=partial(says_anything, host, port, "/healthz"),
    )


def run_workers(settings: Settings, environment: Mapping[str, str], number: int) -> int:
    """So many workers until a signal comes; gives the exit status. Their health ports are WORKER_PORT and those after it."""
    texts_of(settings)  # a broken file is told before anything is opened
    taken: set[int] = set()
    ports = [free_port(settings.http.host, settings.worker.port, "WORKER_PORT", taken=taken) for _ in range(number)]
    names = worker_names(number)
    environment = {**environment, **paths_of(settings)}
    roles = [worker_role(settings, environment, name, port) for name, port in zip(names, ports, strict=True)]
    printer = Printer(sys.stdout, [*names, OWN_NAME])
    told = f"{number} workers are ready; health on {', '.join(map(str, ports))}"
    return asyncio.run(Supervisor(roles, on_line=printer.line).run(lambda: printer.line(OWN_NAME, told)))


class WorkerPool:
    """The workers of a running supervisor. Changes of their number are made one after the other; the last wish counts."""

    def __init__(
        self,
        supervisor: Supervisor,
        ports: Mapping[str, int],
        *,
        make: Callable[[str, int], Role],
        find_port: FindPort,
        on_change: Callable[[tuple[int, ...]], None],
    ) -> None:
        self._supervisor = supervisor
        self._ports = dict(ports)
        self._make = make
        self._find_port = find_port
        self._on_change = on_change
        self._wanted = len(ports)
        self._task: asyncio.Task[None] | None = None

    def scale_soon(self, number: int | None) -> None:
        """Bring the number of workers to this one; None: nothing was asked for."""
        if number is None:
            return
        self._wanted = number
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._scale(), name="scale")

    async def _scale(self) -> None:
        while len(self._ports) != self._wanted:
            if len(self._ports) < self._wanted:
                if not await self._grow():
                    self._wanted = len(self._ports)
            else:
                name = next(reversed(self._ports))
                await self._supervisor.remove(name)
                del self._ports[name]
            self._on_change(tuple(self._ports.values()))

    async def _grow(self) -> bool:
        name = next(candidate for candidate in self._candidates() if candidate not in self._ports)
        port = self._find_port(taken=set(self._ports.values()))
        if not await self._supervisor.add(self._make(name, port)):
            return False
        self._ports[name] = port
        return True

    def _candidates(self) -> Sequence[str]:
        return [f"worker-{place}" for place in range(1 if "worker" not in self._ports else 2, len(self._ports) + 3)]
