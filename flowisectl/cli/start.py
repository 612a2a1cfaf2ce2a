"""`flowisectl start` and `flowisectl start-worker`: run a role in the foreground."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from flowisectl.cli.options import DataDir, EnvFile, read_settings


class Role(StrEnum):
    MAIN = "main"
    ALL_IN_ONE = "all-in-one"


def start(
    role: Annotated[Role, typer.Option(help="main: the server; all-in-one: server, workers and what the machine lacks.")] = Role.MAIN,
    workers: Annotated[int, typer.Option(min=1, max=64, help="all-in-one: how many workers.")] = 1,
    demo_model: Annotated[bool, typer.Option("--demo-model", help="all-in-one: serve a small model, too (extra `demo`).")] = False,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Listen here instead of on PORT; 0: any free port.")] = None,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Start the server, or everything on one machine. With MODE=main flows run in the server; with MODE=queue in workers."""
    settings, environment = read_settings(env_file, data_dir, {} if port is None else {"PORT": str(port)})
    if role is Role.ALL_IN_ONE:
        from roles.all_in_one import run_all_in_one

        raise typer.Exit(run_all_in_one(settings, environment.values, workers=workers, has_demo_model=demo_model))
    from roles.main import run_main

    raise typer.Exit(run_main(settings, environment.values))


def start_worker(
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Health endpoint instead of WORKER_PORT; 0: any free port.")] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Runs at once instead of WORKER_CONCURRENCY.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="So many workers, under a supervisor; one process uses one core.")] = 1,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Start a worker: it takes jobs from the queue and runs the flows."""
    overrides = {"WORKER_PORT": port, "WORKER_CONCURRENCY": concurrency}
    settings, environment = read_settings(env_file, data_dir, {name: str(value) for name, value in overrides.items() if value is not None})
    if processes > 1:
        from roles.worker_pool import run_workers

        raise typer.Exit(run_workers(settings, environment.values, processes))
    from roles.worker import run_worker

    raise typer.Exit(run_worker(settings, environment.values))
