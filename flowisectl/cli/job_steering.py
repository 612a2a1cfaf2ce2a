"""`flowisectl jobs retry`, `abort`, `purge`: jobs by their ids, or many by a filter, counted and confirmed first."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from flowisectl.cli import jobs as jobs_commands
from flowisectl.cli.completion import complete_job
from flowisectl.cli.jobs import ByChat, ByError, ByFlow, ByState, InQueue, Queue, Since
from flowisectl.cli.options import AsJson, DataDir, EnvFile, read_settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from config.settings import Settings
    from flowisectl.queue.inspection import JobSummary
    from flowisectl.queue.lifecycle import Lifecycle

app = jobs_commands.app
JobIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="[JOB]...", help="Ids, or beginnings of ids; none: all that the options choose.", autocompletion=complete_job),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
MOST = 1_000_000
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One thing that can be done to many jobs."""

    name: str
    help: str
    done: str
    """What is said of the jobs to which it was done."""
    states: tuple[str, ...]
    """What it is for, when no state is given. A job that succeeded is run again only when it is named."""


RETRY = Verb(
    name="retry",
    help="Queue ended jobs again. Without ids: all failed, aborted and dead ones that the options choose.",
    done="queued again",
    states=("failed", "aborted", "dead"),
)
ABORT = Verb(
    name="abort",
    help="Stop waiting and running jobs. Without ids: all that the options choose.",
    done="stopped",
    states=("queued", "running"),
)
PURGE = Verb(
    name="purge",
    help="Forget ended jobs, their results and traces. Messages in the database stay. Without ids: all that the options choose.",
    done="forgotten",
    states=("done", "failed", "aborted", "dead"),
)


def _add_command(verb: Verb) -> None:
    @app.command(verb.name, help=verb.help)
    def command(
        jobs: JobIds = None,
        state: ByState = None,
        flow: ByFlow = "",
        chat: ByChat = "",
        since: Since = "",
        error: ByError = "",
        queue: InQueue = Queue.PREDICTION,
        yes: Yes = False,
        as_json: AsJson = False,
        data_dir: DataDir = None,
        env_file: EnvFile = None,
    ) -> None:
        wanted = {"state": state.value if state else "", "flow": flow, "chat": chat, "since": since, "error": error}
        settings, _ = read_settings(env_file, data_dir)
        asyncio.run(_steer(settings, verb, jobs or [], wanted, queue.value, yes, as_json))


for _verb in (RETRY, ABORT, PURGE):
    _add_command(_verb)


def _may(verb: Verb, job: JobSummary, by_id: bool) -> bool:
    """Whether the verb does anything to a job in this state."""
    is_live = job.state in ("queued", "running")
    if verb is ABORT:
        return is_live
    return not is_live and (verb is PURGE or by_id or job.state != "done")


async def _steer(settings: Settings, verb: Verb, ids: Sequence[str], wanted: dict[str, str], queue: str, yes: bool, as_json: bool) -> None:
    from flowisectl.cli.connections import open_command_redis
    from flowisectl.cli.failure import CommandFailed
    from flowisectl.cli.output import warn, write_json, write_line

    if ids and any(wanted.values()):
        raise CommandFailed("give ids or options that choose jobs, not both")
    if not ids and not any(wanted.values()):
        raise CommandFailed(f"say which: `flowisectl jobs {verb.name} JOB`, or options such as --state, --flow, --since that choose jobs")
    async with open_command_redis(settings) as redis:
        by_queue = await _by_id(redis, settings, ids) if ids else {queue: await _by_filter(redis, settings, verb, wanted, queue)}
        chosen = {name: [job for job in jobs if _may(verb, job, bool(ids))] for name, jobs in by_queue.items()}
        for jobs in by_queue.values():
            for job in jobs:
                if ids and not _may(verb, job, True):
                    warn(f"job {job.id} is {job.state}: there is nothing to {verb.name}")
        total = sum(map(len, chosen.values()))
        if not ids and total and not yes:
            _confirm(verb, [job for jobs in chosen.values() for job in jobs])
        done = [await _do(redis, settings, verb, name, jobs) for name, jobs in chosen.items()]
    if as_json:
        write_json({"chosen": total, verb.done.replace(" ", "_"): sum(done)})
    else:
        write_line(f"{sum(done):,} of {total:,} jobs {verb.done}")
    if ids and sum(done) < len(ids):
        raise typer.Exit(1)


async def _by_id(redis: Redis, settings: Settings, ids: Sequence[str]) -> dict[str, list[JobSummary]]:
    from flowisectl.cli.job_reading import find_job

    found: dict[str, list[JobSummary]] = {}
    for job_id in dict.fromkeys(ids):
        job = await find_job(redis, settings, job_id)
        found.setdefault(job.queue, []).append(job)
    return found


async def _by_filter(redis: Redis, settings: Settings, verb: Verb, wanted: dict[str, str], queue: str) -> list[JobSummary]:
    from flowisectl.cli.job_reading import filter_of
    from flowisectl.queue.inspection import list_jobs

    chosen = await filter_of(settings, **wanted)
    states = (chosen.state,) if chosen.state else verb.states
    found: list[JobSummary] = []
    for state in states:
        found += await list_jobs(redis, settings.queue, limit=MOST, queue=queue, wanted=replace(chosen, state=state))
    return found


def _confirm(verb: Verb, jobs: Sequence[JobSummary]) -> None:
    """Say how many there are and which, and ask. Raises CommandFailed where nobody can answer."""
    from collections import Counter

    from flowisectl.cli.failure import CommandFailed

    states = ", ".join(f"{number:,} {state}" for state, number in Counter(job.state for job in jobs).most_common())
    first = ", ".join(job.id[:8] for job in jobs[:SHOWN]) + (" …" if len(jobs) > SHOWN else "")
    question = f"{verb.name} {len(jobs):,} jobs ({states}: {first})?"
    if not sys.stdin.isatty():
        raise CommandFailed(f"{question} Nobody can be asked here: add --yes")
    if not typer.confirm(question, err=True):
        raise typer.Exit(1)


async def _do(redis: Redis, settings: Settings, verb: Verb, queue: str, jobs: Sequence[JobSummary]) -> int:
    """Do it; jobs that were gone or in another state by then do not count."""
    if verb is PURGE:
        from flowisectl.queue.purge import purge_jobs

        return await purge_jobs(redis, settings.queue, [job.id for job in jobs], queue=queue)
    from flowisectl.queue.keys import QueueKeys
    from flowisectl.queue.lifecycle import Lifecycle
    from flowisectl.redis_connection import Pipeline

    pipeline = Pipeline(redis)
    lifecycle = Lifecycle(pipeline, QueueKeys(settings.queue.name, queue), settings.queue)
    one: Callable[[Lifecycle, str], Awaitable[bool]] = _retry if verb is RETRY else _abort
    done = 0
    try:
        for start in range(0, len(jobs), 200):
            done += sum(await asyncio.gather(*(one(lifecycle, job.id) for job in jobs[start : start + 200])))
    finally:
        await pipeline.aclose()
    return done


async def _retry(lifecycle: Lifecycle, job_id: str) -> bool:
    from flowisectl.errors import InvalidRequest, JobNotFound

    try:
        await lifecycle.retry(job_id)
    except (JobNotFound, InvalidRequest):
        return False
    return True


async def _abort(lifecycle: Lifecycle, job_id: str) -> bool:
    from flowisectl.errors import JobNotFound

    try:
        return await lifecycle.stop(job_id, "stopped by `flowisectl jobs abort`") in ("queued", "running")
    except JobNotFound:
        return False
