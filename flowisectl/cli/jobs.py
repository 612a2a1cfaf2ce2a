"""`flowisectl jobs`: list the queue's jobs, look into one."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import Settings
    from flowisectl.queue.inspection import JobDetail, JobSummary

app = typer.Typer(help="List jobs, look into one.", no_args_is_help=True)


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ABORTED = "aborted"
    DEAD = "dead"


@app.command("list")
def list_(
    state: Annotated[State | None, typer.Option(help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """List jobs: those that wait or run first, then the newest ends."""
    settings, _ = read_settings(env_file, data_dir)
    jobs = asyncio.run(_list(settings, state.value if state else None, limit))
    from flowisectl.cli.output import show, write_json

    if as_json:
        write_json(list(jobs))
        return
    from flowisectl.cli.views.status import jobs_view

    show(jobs_view(jobs, int(time.time() * 1000)))


@app.command()
def inspect(
    job_id: Annotated[str, typer.Argument(help="The job's id, or the beginning of it.")],
    full: Annotated[bool, typer.Option("--full", help="Show question and answer to their ends.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Show one job: its times, its nodes, its result or error."""
    settings, _ = read_settings(env_file, data_dir)
    job = asyncio.run(_detail(settings, job_id))
    from flowisectl.cli.output import show, write_json

    if as_json:
        write_json(job)
        return
    from flowisectl.cli.views.job import job_view

    show(job_view(job, full=full))


async def _list(settings: Settings, state: str | None, limit: int) -> tuple[JobSummary, ...]:
    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.flow_names import with_flow_names
    from flowisectl.queue.inspection import list_jobs

    async with open_command_redis(settings) as redis:
        jobs = await list_jobs(redis, settings.queue, state=state, limit=limit)
    return await with_flow_names(jobs, settings.database)


async def _detail(settings: Settings, job_id: str) -> JobDetail:
    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.flow_names import with_flow_names
    from flowisectl.queue.inspection import job_detail

    async with open_command_redis(settings) as redis:
        job = await job_detail(redis, settings.queue, job_id)
    return (await with_flow_names([job], settings.database))[0]
