"""What `flowisectl status` shows: where everything is, the queues, the roles, the last jobs, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from flowisectl.cli.database_look import DatabaseLook
from flowisectl.cli.judgement import Finding, Level
from flowisectl.cli.views.columns import Column, Columns, left_and_right, one_line
from flowisectl.cli.views.jobs import jobs_view
from flowisectl.cli.views.theme import WIDTH, mark, state_text
from flowisectl.cli.views.units import ago, clock, count, rate, seconds, size
from flowisectl.cli.views.wrapping import hanging
from flowisectl.queue.overview import Overview, RedisFacts
from flowisectl.queue.roster import RoleSeen
from flowisectl.queue.summary import JobSummary, QueueSnapshot

LEVELS = {Level.NOTE: ("·", "faint"), Level.WARNING: ("!", "state.waiting"), Level.DOWN: ("✗", "state.bad")}


@dataclass(frozen=True, kw_only=True)
class Status:
    """One look, and what to think of it."""

    version: str
    queue_name: str
    redis_address: str
    """Without user and password."""
    overview: Overview
    database: DatabaseLook
    own_key: str
    """The fingerprint of the encryption key that this command sees, empty for none."""
    last_jobs: tuple[JobSummary, ...]
    findings: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        return max((finding.level for finding in self.findings), default=Level.NOTE)

    @property
    def word(self) -> str:
        return {Level.NOTE: "fine", Level.WARNING: "warnings", Level.DOWN: "down"}[self.level]

    @property
    def key_text(self) -> str:
        """The roles' key, or MISMATCH when they have several."""
        keys = sorted({role.key_fingerprint for role in self.overview.roles if role.key_fingerprint and not role.is_stale})
        if len(keys) > 1:
            return f"MISMATCH ({', '.join(keys)})"
        if keys:
            return f"{keys[0]}, the same on all roles"
        return f"{self.own_key}, no role runs" if self.own_key else "none seen"

    def to_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "level": self.word,
            "version": self.version,
            "queue_name": self.queue_name,
            "taken_ms": self.overview.taken_ms,
            "redis": {"address": self.redis_address, **asdict(self.overview.redis)},
            "database": asdict(self.database),
            "key": self.key_text,
            "queues": [{**asdict(queue), "capacity": queue.capacity, "last_jobs": []} for queue in self.overview.queues],
            "roles": [{**asdict(role), "name": role.name, "is_stale": role.is_stale} for role in self.overview.roles],
            "last_jobs": [asdict(job) for job in self.last_jobs],
            "findings": [{"level": finding.level.name.lower(), "text": finding.text} for finding in self.findings],
        }


def status_view(status: Status, *, has_jobs: bool = True, most_roles: int | None = None) -> RenderableType:
    """One quiet screen, 80 columns wide; with `most_roles` of more roles those that are not well come first."""
    overview = status.overview
    jobs = [Text("Last jobs", "title"), jobs_view(status.last_jobs, overview.taken_ms), Text()] if has_jobs else []
    return Group(
        _head(status),
        Text(),
        _queues(overview.queues),
        Text(),
        _roles(overview, most_roles),
        Text(),
        *jobs,
        *_findings(status.findings),
    )


def fitting(status: Status, console: Console) -> RenderableType:
    """The page with as many of the last jobs, then of the roles, as the terminal is high enough for: what is wrong stands at its end."""
    for shown in range(len(status.last_jobs), -1, -1):
        view = status_view(replace(status, last_jobs=status.last_jobs[:shown]), has_jobs=shown > 0)
        if (too_many := len(console.render_lines(view, pad=False)) - console.height) <= 0:
            return view
    # One line more says how many are left out.
    fewer = max(1, len(status.overview.roles) - too_many - 1)
    while len(console.render_lines(view, pad=False)) > console.height and fewer >= 1:
        view = status_view(status, has_jobs=False, most_roles=fewer)
        fewer -= 1
    return view


def lost_view(reason: str, interval: float, last: Status | None, console: Console) -> RenderableType:
    """Why nothing is seen now, and below it the page as it was seen last."""
    told = hanging(Text("✗ ", "state.bad"), f"down: {reason}", "")
    again = f"looking again every {interval:g} s"
    if last is None:
        return Group(told, Text(again, "faint"))
    return Group(told, Text(f"{again}; as it was at {clock(last.overview.taken_ms)}:", "faint"), Text(), fitting(last, console))


def _head(status: Status) -> RenderableType:
    title = Text.assemble(("flowisectl ", "title"), (status.version, "faint"))
    right = Text.assemble((status.queue_name, "name"), (f"  {clock(status.overview.taken_ms)}", "faint"))
    database = status.database
    about = Text(f"schema {database.schema}, {database.milliseconds:.0f} ms", "faint") if not database.reason else Text("down", "state.bad")
    lines = (
        ("redis", Text(f"{status.redis_address}  "), _redis_text(status.overview.redis)),
        ("database", Text(f"{database.place}  "), about),
        ("key", Text(""), Text(status.key_text, "state.bad" if status.key_text.startswith("MISMATCH") else "faint")),
    )
    return Group(left_and_right(title, right, WIDTH), *(_fact(name, text, about) for name, text, about in lines))


def _fact(name: str, text: Text, about: Text) -> Text:
    """A name, a place that may be shortened in its middle, and what is said of it."""
    room = WIDTH - 10 - about.cell_len
    if text.cell_len > room:
        plain, half = text.plain.rstrip(), max(4, (room - 3) // 2)
        text = Text(f"{plain[:half]}…{plain[-half:]}  ")
    return Text.assemble((f"{name:<10}", "faint"), text, about)


def _redis_text(redis: RedisFacts) -> Text:
    limit = f" of {size(redis.memory_limit_bytes)}" if redis.memory_limit_bytes else ""
    text = f"{redis.version}, {redis.round_trip_ms:.1f} ms, {size(redis.memory_bytes)}{limit}, "
    is_safe = redis.eviction_policy in ("noeviction", "")
    return Text.assemble((text, "faint"), (redis.eviction_policy, "faint" if is_safe else "state.waiting"))


def _queues(queues: Sequence[QueueSnapshot]) -> RenderableType:
    columns = Columns(
        Column("queue", 10, gap=" "),
        Column("waiting", 7, is_right=True, gap=" "),
        Column("oldest", 6, is_right=True, gap=" "),
        Column("running", 12, is_right=True, gap=" "),
        Column("in/s", 5, is_right=True, gap=" "),
        Column("out/s", 5, is_right=True, gap="  "),
        Column("p50", 6, is_right=True, gap=" "),
        Column("p95", 6, is_right=True, gap=" "),
        Column("failed/h", 8, is_right=True, gap=" "),
        Column("dead", 5, is_right=True, gap=""),
    )
    return Group(columns.head(), *(columns.line(_queue_cells(queue)) for queue in queues))


def _queue_cells(queue: QueueSnapshot) -> Sequence[Text | str]:
    pace = queue.pace
    is_full = queue.waiting > 0 and queue.running >= queue.capacity
    alarm = "state.bad" if is_full else ""
    slow = "state.waiting" if (pace.wait_p95_seconds or 0) > 1 else ""
    return (
        Text(queue.queue, "name"),
        Text(count(queue.waiting), alarm),
        Text(seconds(queue.oldest_wait_seconds) if queue.waiting else "-", alarm),
        f"{count(queue.running)}/{count(queue.capacity)}",
        rate(pace.in_per_second),
        rate(pace.out_per_second),
        "-" if pace.wait_p50_seconds is None else seconds(pace.wait_p50_seconds),
        Text("-" if pace.wait_p95_seconds is None else seconds(pace.wait_p95_seconds), slow),
        Text(count(pace.failed_last_hour), "state.bad" if pace.failed_last_hour else "faint"),
        Text(count(queue.dead), "state.bad" if queue.dead else "faint"),
    )


def _roles(overview: Overview, most: int | None = None) -> RenderableType:
    if not overview.roles:
        return Text("no role runs", "state.bad")
    columns = Columns(
        Column("", 1, gap=" "),
        Column("role", 6, gap=" "),
        Column("name", 21),
        Column("version", 7, gap=" "),
        Column("state", 9, gap=" "),
        Column("busy", 12, is_right=True, gap=" "),
        Column("memory", 6, is_right=True, gap=" "),
        Column("up", 5, is_right=True, gap=" "),
        Column("beat", 4, is_right=True, gap=""),
    )
    lines = [columns.head()]
    shown, rest = _first(overview.roles, most)
    for role in shown:
        lines.append(columns.line(_role_cells(role, overview.taken_ms)))
        if role.last_error:
            lines.append(one_line(f"{ago(role.last_error_ms, overview.taken_ms)}: {role.last_error}", WIDTH, indent=9, style="faint"))
    if rest:
        lines.append(Text(f"… {len(rest)} more, {'all ready' if all(role.is_ready for role in rest) else 'some not ready'}", "faint"))
    return Group(*lines)


def _first(roles: Sequence[RoleSeen], most: int | None) -> tuple[list[RoleSeen], list[RoleSeen]]:
    """Those that are shown, in the roster's order, and the others: whoever is not well is shown before who is."""
    if most is None or len(roles) <= most:
        return list(roles), []
    chosen = {role.id for role in sorted(roles, key=lambda role: role.is_ready)[:most]}
    return [role for role in roles if role.id in chosen], [role for role in roles if role.id not in chosen]


def _role_cells(role: RoleSeen, now_ms: int) -> Sequence[Text | str]:
    state = "stale" if role.is_stale else role.state
    busy = f"{count(role.busy)}/{count(role.capacity)}" if role.capacity else f"{count(role.busy)} open"
    return (
        mark(state),
        role.role,
        Text(role.name, "name"),
        role.version,
        state_text(state),
        busy,
        size(role.rss_bytes),
        _whole(max(0, now_ms - role.started_ms) / 1000),
        _whole(role.beat_age_seconds),
    )


def _whole(value: float) -> str:
    """A time span without parts of a second."""
    return f"{value:.0f} s" if value < 119.5 else seconds(value)


def _findings(findings: Sequence[Finding]) -> list[Text]:
    if not findings:
        return [Text.assemble(("✓ ", "state.good"), "all is well")]
    lines = []
    for finding in findings:
        sign, style = LEVELS[finding.level]
        lines.append(hanging(Text(f"{sign} ", style), finding.text, "faint" if finding.level is Level.NOTE else ""))
    return lines
