"""Everything on one machine: a supervisor over the server, workers, and what the machine lacks (queue server, demo model)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from config.settings import Settings
from flowisectl.secrets.encryption_key import encryption_key
from flowisectl.supervisor.embedded import EmbeddedRedis, answers, remove_dead_sockets, socket_path
from flowisectl.supervisor.printer import Printer
from flowisectl.supervisor.process import Role
from flowisectl.supervisor.supervisor import OWN_NAME, Supervisor
from roles.built_in_texts import texts_of
from roles.probe import answers_http
from roles.process import bound_socket, free_port, supervised_environment
from roles.runtime_file import Runtime, hold_data_dir, wanted_workers, write_runtime
from roles.worker_pool import STOP_MARGIN_SECONDS, WorkerPool, paths_of, worker_names, worker_role

DEMO_MODEL_PORT = 18_181
"""Where the demo model listens, if that port is free; the example flows expect it there."""
_FOUNDATION, _WORKERS, _SERVER = range(3)
"""The order of stopping, backwards: first nothing new is accepted, then jobs end, then the queue stops."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What was decided before anything starts."""

    data_dir: Path
    redis_url: str
    """An empty text when Redis is configured by the environment."""
    port: int
    worker_ports: tuple[int, ...]
    demo_model_port: int
    """0: no demo model."""

    @property
    def demo_model_url(self) -> str:
        return f"http://127.0.0.1:{self.demo_model_port}/v1" if self.demo_model_port else ""


def run_all_in_one(settings: Settings, environment: Mapping[str, str], *, workers: int = 1, has_demo_model: bool = False) -> int:
    """Run everything until a signal comes; gives the exit status. Raises what keeps it from starting."""
    texts_of(settings)  # a broken file is told before anything is opened
    data_dir = settings.database.path.expanduser()
    with hold_data_dir(data_dir):
        plan = _plan(settings, data_dir, workers, has_demo_model)
        # Made here, so that it is there for workers that start together with the server.
        encryption_key(settings.secrets, create=True)
        roles = _roles(settings, environment, plan)
        printer = Printer(sys.stdout, [*(role.name for role in roles), OWN_NAME])
        write_runtime(data_dir, _runtime(settings, plan))
        supervisor = Supervisor(roles, on_line=printer.line)
        return asyncio.run(_run(supervisor, settings, environment, plan, printer))


async def _run(supervisor: Supervisor, settings: Settings, environment: Mapping[str, str], plan: Plan, printer: Printer) -> int:
    """Run the roles; SIGUSR1 brings the number of workers to what was asked for."""
    host = settings.http.host
    pool = WorkerPool(
        supervisor,
        dict(zip(worker_names(len(plan.worker_ports)), plan.worker_ports, strict=True)),
        make=partial(_worker_role, settings, environment, plan),
        find_port=partial(free_port, host, settings.worker.port, "WORKER_PORT"),
        on_change=lambda ports: write_runtime(plan.data_dir, replace(_runtime(settings, plan), worker_ports=ports)),
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: pool.scale_soon(wanted_workers(plan.data_dir)))
    return await supervisor.run(lambda: _say_ready(printer, plan))


def _plan(settings: Settings, data_dir: Path, workers: int, has_demo_model: bool) -> Plan:
    """Choose ports and places. Raises PortTaken, MissingExtra, RedisUnavailable."""
    host = settings.http.host
    with bound_socket(host, settings.http.port, "PORT") as probe:
        port = int(probe.getsockname()[1])
    taken = {port}
    ports = tuple(free_port(host, settings.worker.port, "WORKER_PORT", taken=taken) for _ in range(workers))
    if settings.redis.is_configured:
        asyncio.run(_check_redis(settings))
    if has_demo_model:
        from roles.demo_model import find_model

        find_model()
    return Plan(
        data_dir=data_dir,
        redis_url="" if settings.redis.is_configured else _embedded(data_dir).url,
        port=port,
        worker_ports=ports,
        demo_model_port=free_port("127.0.0.1", DEMO_MODEL_PORT, "the demo model's port", taken=taken) if has_demo_model else 0,
    )


async def _check_redis(settings: Settings) -> None:
    from flowisectl.redis_connection import open_redis

    async with open_redis(settings.redis, name="flowisectl-supervisor"):
        return


def _runtime(settings: Settings, plan: Plan) -> Runtime:
    return Runtime(
        pid=os.getpid(),
        redis_url=plan.redis_url or settings.redis.url,
        port=plan.port,
        worker_ports=plan.worker_ports,
        demo_model_url=plan.demo_model_url,
    )


def _roles(settings: Settings, environment: Mapping[str, str], plan: Plan) -> list[Role]:
    make = partial(_role, environment=environment, shared=_shared(settings, plan))
    grace = settings.worker.shutdown_grace_seconds + STOP_MARGIN_SECONDS
    needs = ("redis",) if plan.redis_url else ()
    host = settings.http.host if settings.http.host not in ("", "0.0.0.0", "::") else "127.0.0.1"
    roles = [_redis_role(plan, environment)] if plan.redis_url else []
    if plan.demo_model_port:
        command: tuple[str, ...] = (sys.executable, "-m", "roles.demo_model", str(plan.demo_model_port))
        ready = partial(answers_http, "127.0.0.1", plan.demo_model_port, "/health")
        roles.append(make("model", command, stage=_FOUNDATION, stop_seconds=3.0, is_ready=ready))
    command = (sys.executable, "-m", "flowisectl", "start", "--role", "main")
    ready = partial(answers_http, host, plan.port, "/api/v1/ping")
    roles.append(make("main", command, stage=_SERVER, stop_seconds=grace, needs=needs, is_ready=ready))
    for name, port in zip(worker_names(len(plan.worker_ports)), plan.worker_ports, strict=True):
        roles.append(_worker_role(settings, environment, plan, name, port))
    return roles


def _shared(settings: Settings, plan: Plan) -> dict[str, str]:
    """The variables that the supervisor has decided, the same for every role."""
    return {
        "MODE": "queue",
        "PORT": str(plan.port),
        **paths_of(settings),
        **({"REDIS_URL": plan.redis_url} if plan.redis_url else {}),
    }


def _worker_role(settings: Settings, environment: Mapping[str, str], plan: Plan, name: str, port: int) -> Role:
    needs = ("redis",) if plan.redis_url else ()
    return worker_role(settings, {**environment, **_shared(settings, plan)}, name, port, needs=needs, stage=_WORKERS)


def _role(
    name: str,
    command: tuple[str, ...],
    *,
    environment: Mapping[str, str],
    shared: Mapping[str, str],
    changes: Mapping[str, str] | None = None,
    **fields: object,
) -> Role:
    return Role(
        name=name,
        command=command,
        environment=supervised_environment(environment, {**shared, **(changes or {})}),
        **fields,  # type: ignore[arg-type]
    )


def _embedded(data_dir: Path) -> EmbeddedRedis:
    return EmbeddedRedis(data_dir / "queue")


def _redis_role(plan: Plan, environment: Mapping[str, str]) -> Role:
    server = _embedded(plan.data_dir)
    server.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def is_ready() -> bool:
        return await asyncio.to_thread(answers, socket_path(server.data_dir), None)

    remove_dead_sockets(socket_path(server.data_dir).parent)
    command = (*server.command(), "--logfile", str(server.log_file))
    return Role(name="redis", command=command, environment=dict(os.environ), stage=_FOUNDATION, stop_seconds=10.0, is_ready=is_ready)


def _say_ready(printer: Printer, plan: Plan) -> None:
    lines = [f"ready: http://localhost:{plan.port}, data in {plan.data_dir}"]
    if plan.demo_model_url:
        lines.append(f"demo model: {plan.demo_model_url}")
    for line in lines:
        printer.line(OWN_NAME, line)
