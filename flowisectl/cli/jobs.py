"""`flowisectl jobs`: list, look into, follow, try again, stop and forget jobs."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowisectl.cli.completion import complete_flow, complete_job
from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from config.settings import Settings
    from flowisectl.queue.inspection import JobDetail, JobSummary

app = typer.Typer(help="List jobs; look into, follow, retry, stop, forget them.", no_args_is_help=True)


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ABORTED = "aborted"
    DEAD = "dead"


class Queue(StrEnum):
    PREDICTION = "prediction"
    UPSERT = "upsert"


FOLLOW_SECONDS = 0.3

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, or the beginning of it.", autocompletion=complete_job)]
ByState = Annotated[State | None, typer.Option("--state", help="Only jobs in this state.")]
ByFlow = Annotated[
    str, typer.Option("--flow", help="Only jobs of this flow: its name, its id, or the beginning of it.", autocompletion=complete_flow)
]
ByChat = Annotated[str, typer.Option("--chat", help="Only jobs of this chat.")]
Since = Annotated[str, typer.Option("--since", help="Only jobs since then: 15m, 2h, 7d, or 2026-01-31T14:00.")]
ByError = Annotated[str, typer.Option("--error", help="Only jobs whose error has this text.")]
InQueue = Annotated[Queue, typer.Option("--queue", help="Which queue.")]
Payload = Annotated[bool, typer.Option("--payload", help="Show what was asked and answered; it is hidden otherwise.")]


@app.command("list")
def list_(
    state: ByState = None,
    flow: ByFlow = "",
    chat: ByChat = "",
    since: Since = "",
    error: ByError = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 20,
    queue: InQueue = Queue.PREDICTION,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """List jobs: those that run or wait first, then the newest ends."""
    settings, _ = read_settings(env_file, data_dir)
    jobs = asyncio.run(_list(settings, state.value if state else "", flow, chat, since, error, limit, queue.value))
    from flowisectl.cli.output import show, write_json

    if as_json:
        write_json(list(jobs))
        return
    from flowisectl.cli.views.jobs import jobs_view

    is_filtered = bool(state or flow or chat or since or error)
    show(jobs_view(jobs, int(time.time() * 1000), if_none="no job fits" if is_filtered else "none yet"))


@app.command(short_help="Show one job: its times, its nodes, its result or error.")
def inspect(
    job_id: JobId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Stay until the job has ended.")] = False,
    payload: Payload = False,
    full: Annotated[bool, typer.Option("--full", help="Show question and answer to their ends; implies --payload.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    env_file: EnvFile = None,
) -> None:
    """Show one job: its times, each attempt's nodes as a waterfall, its result or error."""
    from flowisectl.cli.output import show, write_json
    from flowisectl.cli.views.job import job_view

    settings, _ = read_settings(env_file, data_dir)
    has_payload = payload or full
    job = asyncio.run(_followed(settings, job_id, has_payload, full) if follow else _detail(settings, job_id))
    if as_json:
        write_json(shown(job, has_payload))
    else:
        show(job_view(job, full=full, payload=has_payload))


@app.command()
def tail(job_id: JobId, as_json: AsJson = False, data_dir: DataDir = None, env_file: EnvFile = None) -> None:
    """Print a running job's events as they come, until it has ended."""
    from flowisectl.cli.job_tail import tail_job

    settings, _ = read_settings(env_file, data_dir)
    raise typer.Exit(asyncio.run(tail_job(settings, job_id, as_json=as_json)))


def shown(job: JobDetail, has_payload: bool) -> dict[str, Any]:
    """The job for programs; what was asked and answered only when it was asked for."""
    from dataclasses import asdict

    data = asdict(job)
    data.pop("reply")
    if not has_payload:
        for name in ("question", "result"):
            data.pop(name)
    return data


async def _list(
    settings: Settings, state: str, flow: str, chat: str, since: str, error: str, limit: int, queue: str
) -> tuple[JobSummary, ...]:
    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.flow_names import with_flow_names
    from flowisectl.cli.job_reading import filter_of
    from flowisectl.queue.inspection import list_jobs

    wanted = await filter_of(settings, state=state, flow=flow, chat=chat, since=since, error=error)
    async with open_command_redis(settings) as redis:
        jobs = await list_jobs(redis, settings.queue, limit=limit, queue=queue, wanted=wanted)
    return await with_flow_names(jobs, settings.database)


async def _detail(settings: Settings, job_id: str) -> JobDetail:
    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.job_reading import find_job

    async with open_command_redis(settings) as redis:
        return await find_job(redis, settings, job_id)


async def _followed(settings: Settings, job_id: str, payload: bool, full: bool) -> JobDetail:
    """The job once it has ended; on a terminal it is drawn on the way."""
    import sys

    from rich.live import Live

    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.job_reading import find_job
    from flowisectl.cli.views.job import job_view
    from flowisectl.cli.views.theme import make_console
    from flowisectl.queue.summary import LIVE

    async with open_command_redis(settings) as redis:
        job = await find_job(redis, settings, job_id)
        if not sys.stdout.isatty():
            while job.state in LIVE:
                await asyncio.sleep(FOLLOW_SECONDS)
                job = await find_job(redis, settings, job.id)
            return job
        with Live(console=make_console(sys.stdout), auto_refresh=False, transient=True, vertical_overflow="visible") as live:
            while job.state in LIVE:
                live.update(job_view(job, full=full, payload=payload), refresh=True)
                await asyncio.sleep(FOLLOW_SECONDS)
                job = await find_job(redis, settings, job.id)
        return job
