"""What `flowisectl status` shows: the queue, its workers, its last jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns, left_and_right, one_line
from flowisectl.cli.views.theme import WIDTH, mark, state_text
from flowisectl.cli.views.units import ago, count, seconds, short_id, size
from flowisectl.queue.inspection import JobSummary, QueueSnapshot, WorkerSummary


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the parts of the service are, for the head of the page. Without passwords."""

    redis: str
    database: str
    server: str
    """The address of main, or an empty text when nothing answers there."""


def status_view(snapshot: QueueSnapshot, places: Places, version: str) -> RenderableType:
    """One quiet screen, 80 columns wide."""
    return Group(
        _head(snapshot, places, version),
        Text(),
        _figures(snapshot),
        Text(),
        Text(f"Workers ({len(snapshot.workers)})", "title"),
        _workers(snapshot),
        Text(),
        Text("Last jobs", "title"),
        jobs_view(snapshot.last_jobs, snapshot.taken_ms),
    )


def _head(snapshot: QueueSnapshot, places: Places, version: str) -> RenderableType:
    title = Text("flowisectl ", "title") + Text(version, "faint")
    lines = (
        ("main", Text(places.server) if places.server else Text("no server answers", "state.waiting")),
        ("redis", Text(f"{places.redis}  ") + Text(f"{snapshot.redis_version}, {size(snapshot.redis_memory_bytes)} used", "faint")),
        ("database", Text(places.database)),
    )
    facts = Columns(Column("", 8), Column("", WIDTH - 10))
    return Group(
        left_and_right(title, Text(f"{snapshot.name} · {snapshot.queue}", "name"), WIDTH),
        *(facts.line([Text(name, "faint"), text]) for name, text in lines),
    )


def _figures(snapshot: QueueSnapshot) -> RenderableType:
    """The five numbers that matter, each over its name."""
    is_stuck = snapshot.waiting > 0 and not any(worker.state == "taking" for worker in snapshot.workers)
    alarm = "state.bad" if is_stuck else "title"
    figures = (
        (count(snapshot.waiting), "waiting", alarm),
        (count(snapshot.running), "running", "title"),
        (seconds(snapshot.oldest_wait_seconds), "oldest wait", alarm),
        (count(snapshot.kept_done), "done, kept", "title"),
        (count(snapshot.kept_failed), "failed, kept", "state.bad" if snapshot.kept_failed else "title"),
    )
    grid = Columns(*(Column("", 14) for _ in figures))
    return Group(
        grid.line([Text(value, style) for value, _, style in figures]),
        grid.line([Text(name, "faint") for _, name, _ in figures]),
    )


def _workers(snapshot: QueueSnapshot) -> RenderableType:
    if not snapshot.workers:
        return Text("  none is running: start one with `flowisectl start-worker`", "state.waiting")
    columns = Columns(
        Column("", 1, gap=" "),
        Column("worker", 19),
        Column("state", 8),
        Column("busy", 12, is_right=True),
        Column("finished", 9, is_right=True),
        Column("memory", 6, is_right=True),
        Column("up", 6, is_right=True),
        Column("beat", 6, is_right=True, gap=""),
    )
    return Group(columns.head(), *(columns.line(_worker_cells(worker, snapshot.taken_ms)) for worker in snapshot.workers))


def _worker_cells(worker: WorkerSummary, now_ms: int) -> Sequence[Text | str]:
    return (
        mark(worker.state),
        worker.name,
        state_text(worker.state),
        f"{count(worker.busy)}/{count(worker.capacity)}",
        count(worker.finished),
        size(worker.rss_bytes),
        seconds((now_ms - worker.started_ms) / 1000) if worker.started_ms else "-",
        seconds(worker.beat_age_seconds),
    )


def jobs_view(jobs: tuple[JobSummary, ...], now_ms: int) -> RenderableType:
    """One line for each job; one that failed says why in a second line."""
    if not jobs:
        return Text("  none yet", "faint")
    columns = Columns(
        Column("", 1, gap=" "),
        Column("id", 8),
        Column("state", 8),
        Column("flow", 28),
        Column("waited", 7, is_right=True),
        Column("took", 7, is_right=True),
        Column("when", 10, is_right=True, gap=""),
    )
    lines: list[Text] = [columns.head()]
    for job in jobs:
        lines.append(columns.line(_job_cells(job, now_ms)))
        if job.error:
            lines.append(one_line(job.error, WIDTH, indent=12, style="faint"))
    return Group(*lines)


def _job_cells(job: JobSummary, now_ms: int) -> Sequence[Text | str]:
    return (
        mark(job.state),
        Text(short_id(job.id), "name"),
        state_text(job.state),
        job.flow_name or short_id(job.flow_id),
        seconds(job.waited_seconds),
        seconds(job.took_seconds) if job.started_ms else "-",
        ago(job.finished_ms or job.started_ms or job.accepted_ms, now_ms),
    )
