"""What `flowisectl jobs list` shows, and `status` of the last jobs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns, one_line
from flowisectl.cli.views.theme import WIDTH, mark, state_text
from flowisectl.cli.views.units import ago, seconds, short_id
from flowisectl.queue.summary import JobSummary


def jobs_view(jobs: tuple[JobSummary, ...], now_ms: int, *, if_none: str = "none yet") -> RenderableType:
    """One line for each job; one that failed says why in a second line."""
    if not jobs:
        return Text(f"  {if_none}", "faint")
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
