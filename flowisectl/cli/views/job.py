"""What `flowisectl jobs inspect` shows: one job, its times, its nodes, its end."""

from __future__ import annotations

import orjson
from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns, left_and_right, one_line
from flowisectl.cli.views.theme import WIDTH, mark, state_text
from flowisectl.cli.views.units import clock, seconds
from flowisectl.queue.inspection import JobDetail, NodeLine

BAR_WIDTH = 20
CLIPPED = 400
"""Characters shown of a question or an answer, unless all is asked for."""


def job_view(job: JobDetail, *, full: bool = False) -> RenderableType:
    """One job, 80 columns wide. `full` shows question and answer to their ends."""
    parts: list[RenderableType] = [_title(job), _facts(job), Text(), Text("Nodes", "title"), _nodes(job)]
    if job.notes:
        parts += [Text(), Text("Notes", "title"), *(Text(f"  {note}", "faint") for note in job.notes)]
    if job.question:
        parts += [Text(), Text("Question", "title"), _passage(job.question, full)]
    if job.error:
        parts += [Text(), Text("Error", "title"), Text(job.error, "state.bad")]
    elif job.result:
        parts += [Text(), Text("Answer", "title"), _passage(answer_text(job.result), full)]
    return Group(*parts)


def answer_text(result: str) -> str:
    """The text of a JSON answer; the JSON itself when it has none."""
    try:
        data = orjson.loads(result)
    except ValueError:
        return result
    if isinstance(data, dict):
        text = data.get("text")
        if isinstance(text, str):
            return text
        if "json" in data:
            return orjson.dumps(data["json"], option=orjson.OPT_INDENT_2).decode()
    return result


def _title(job: JobDetail) -> RenderableType:
    state = mark(job.state) + Text(" ") + state_text(job.state)
    return left_and_right(Text("job ", "title") + Text(job.id, "name"), state, WIDTH)


def _facts(job: JobDetail) -> RenderableType:
    flow = Text(job.flow_name) + Text(f"  {job.flow_id}", "faint") if job.flow_name else Text(job.flow_id)
    facts: tuple[tuple[str, Text | str], ...] = (
        ("flow", flow),
        ("chat", job.chat_id),
        ("worker", job.worker or "-"),
        ("attempts", str(job.attempts)),
        ("accepted", clock(job.accepted_ms)),
        ("waited", seconds(job.waited_seconds)),
        ("took", seconds(job.took_seconds) if job.started_ms else "-"),
        ("events", f"{job.events:,}" if job.is_streaming else "not streamed"),
    )
    columns = Columns(Column("", 8), Column("", WIDTH - 10))
    return Group(*(columns.line([Text(name, "faint"), value]) for name, value in facts))


def _nodes(job: JobDetail) -> RenderableType:
    """One line for each node, with a bar that shows when in the run it worked."""
    if not job.nodes:
        return Text("  none has started" if job.state in ("queued", "running") else "  none was recorded", "faint")
    begin = min(node.started_ms for node in job.nodes)
    end = max(node.started_ms + node.duration_seconds * 1000 for node in job.nodes)
    columns = Columns(
        Column("", 1, gap=" "),
        Column("node", WIDTH - BAR_WIDTH - 23),
        Column("start", 8, is_right=True),
        Column("took", 7, is_right=True),
        Column("", BAR_WIDTH, gap=""),
    )
    lines = [columns.head()]
    for node in job.nodes:
        name = Text(node.label or node.node_name) + Text(f" {node.node_id}", "faint")
        start = f"+{seconds((node.started_ms - begin) / 1000)}"
        bar = _bar(node, begin, max(1.0, end - begin))
        lines.append(columns.line([mark(node.status), name, start, seconds(node.duration_seconds), bar]))
        if node.error:
            lines.append(one_line(node.error, WIDTH, indent=2, style="state.bad"))
    return Group(*lines)


def _bar(node: NodeLine, begin: float, span: float) -> Text:
    first = min(BAR_WIDTH - 1, int((node.started_ms - begin) / span * BAR_WIDTH))
    length = max(1, min(BAR_WIDTH - first, round(node.duration_seconds * 1000 / span * BAR_WIDTH)))
    return Text(" " * first + "━" * length, "bar")


def _passage(text: str, full: bool) -> Text:
    clipped = text if full or len(text) <= CLIPPED else f"{text[:CLIPPED].rstrip()} … ({len(text):,} characters; --full shows all)"
    return Text(clipped)
