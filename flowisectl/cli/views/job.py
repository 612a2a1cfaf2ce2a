"""What `flowisectl jobs inspect` shows: one job, its times, a waterfall of each attempt, its end."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from rich.console import Group, RenderableType
from rich.text import Text

from flowisectl.cli.views.columns import Column, Columns, left_and_right, one_line
from flowisectl.cli.views.theme import WIDTH, mark, state_text
from flowisectl.cli.views.units import clock, seconds, short_count
from flowisectl.queue.summary import Attempt, JobDetail, NodeLine

BAR_WIDTH = 15
CLIPPED = 400
"""Characters shown of a question or an answer, unless all is asked for."""
LIVE = ("queued", "running")
_COLUMNS = Columns(
    Column("", 1, gap=" "),
    Column("", 23, gap=" "),
    Column("start", 8, is_right=True, gap=" "),
    Column("took", 7, is_right=True, gap=" "),
    Column("tokens", 9, is_right=True, gap=" "),
    Column("first", 6, is_right=True, gap=" "),
    Column("http", 4, is_right=True, gap=" "),
    Column("", BAR_WIDTH, gap=""),
)


def job_view(job: JobDetail, *, full: bool = False, payload: bool = False) -> RenderableType:
    """One job, 80 columns wide. `payload` shows question and answer, `full` shows them to their ends."""
    parts: list[RenderableType] = [_title(job), _facts(job)]
    done: set[str] = set()
    for attempt in job.earlier:
        parts += [Text(), _earlier(attempt), _waterfall(attempt.nodes, attempt.started_ms, done)]
        if attempt.error:
            parts.append(one_line(attempt.error, WIDTH, indent=2, style="state.bad"))
        done |= {node.node_id for node in attempt.nodes if node.status.lower() == "finished"}
    number = f"Attempt {job.run}" if job.earlier else "Waterfall"
    parts += [
        Text(),
        Text() + Text(number, "title") + Text(f"  {job.worker}" if job.earlier and job.worker else "", "faint"),
        _whole(job, done),
    ]
    if job.notes:
        parts += [Text(), Text("Notes", "title"), *(Text(f"  {note}", "faint") for note in job.notes)]
    if job.error:
        parts += [Text(), *_error(job)]
    if payload and job.question:
        parts += [Text(), Text("Question", "title"), _passage(job.question, full)]
    if payload and job.result and not job.error:
        parts += [Text(), Text("Answer", "title"), _passage(answer_text(job.result), full)]
    elif job.state == "done":
        length = len(answer_text(job.result))
        told = f"{length:,} character{'' if length == 1 else 's'} of answer"
        parts += [Text(), Text(f"{told}; --payload shows it and the question", "faint")]
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
    return left_and_right(Text.assemble(("job ", "title"), (job.id, "name")), state, WIDTH)


def _facts(job: JobDetail) -> RenderableType:
    flow = Text(job.flow_name) + Text(f"  {job.flow_id}", "faint") if job.flow_name else Text(job.flow_id)
    facts: tuple[tuple[str, Text | str], ...] = (
        ("flow", flow),
        ("chat", job.chat_id),
        ("queue", job.queue),
        ("worker", job.worker or "-"),
        ("attempts", f"{job.attempts}" if job.run <= job.attempts else f"{job.attempts}, started {job.run} times"),
        ("accepted", clock(job.accepted_ms)),
        ("waited", seconds(job.waited_seconds)),
        ("took", seconds(job.took_seconds) if job.started_ms else "-"),
        ("events", f"{job.events:,}" if job.is_streaming else "not streamed"),
    )
    columns = Columns(Column("", 8), Column("", WIDTH - 10))
    return Group(*(columns.line([Text(name, "faint"), value]) for name, value in facts))


def _earlier(attempt: Attempt) -> Text:
    how = "ended" if attempt.finished_ms else "its worker was lost, or gave it back"
    return Text() + Text(f"Attempt {attempt.number}", "title") + Text(f"  {attempt.worker}  {clock(attempt.started_ms)}, {how}", "faint")


def _whole(job: JobDetail, done: set[str]) -> RenderableType:
    """The last attempt, its wait in front; of a job that waits, the wait alone."""
    begin = job.accepted_ms
    last = max((node.started_ms + node.duration_seconds * 1000 for node in job.nodes), default=0.0)
    end = max(last, job.finished_ms, begin + (job.waited_seconds + job.took_seconds) * 1000, begin + 1)
    lines = [
        _COLUMNS.head(),
        _row(mark("queued"), Text("waited", "faint"), 0.0, job.waited_seconds, _bar(begin, job.waited_seconds, begin, end)),
    ]
    lines += _node_lines(job.nodes, begin, end, done)
    if not job.nodes:
        lines.append(Text("  no node has started" if job.state in LIVE else "  no node was recorded", "faint"))
    lines.append(_total(job, begin))
    return Group(*lines)


def _total(job: JobDetail, begin: int) -> Text:
    """The job's end, with what its nodes used in all."""
    tokens_in = sum(node.tokens_in or 0 for node in job.nodes)
    tokens_out = sum(node.tokens_out or 0 for node in job.nodes)
    tokens = _tokens(tokens_in, tokens_out) if tokens_in or tokens_out else ""
    took = seconds((job.finished_ms - begin) / 1000) if job.finished_ms else seconds(job.waited_seconds + job.took_seconds)
    name = state_text(job.state)
    return _COLUMNS.line([mark(job.state), name, "", took, tokens, "", "", ""])


def _waterfall(nodes: Sequence[NodeLine], begin: int, done: set[str]) -> RenderableType:
    if not nodes:
        return Text("  no node was recorded", "faint")
    end = max(node.started_ms + node.duration_seconds * 1000 for node in nodes)
    return Group(_COLUMNS.head(), *_node_lines(nodes, begin, max(end, begin + 1), done))


def _node_lines(nodes: Sequence[NodeLine], begin: float, end: float, done: set[str]) -> list[Text]:
    """One line for each node, and one more for an error: which node failed, and why."""
    lines = []
    for node in nodes:
        again = Text(" again", "state.waiting") if node.node_id in done else Text("")
        name = Text(node.label or node.node_name)
        name.truncate(23 - again.cell_len, overflow="ellipsis")
        lines.append(
            _COLUMNS.line(
                [
                    mark(node.status),
                    name + again,
                    f"+{seconds(max(0.0, node.started_ms - begin) / 1000)}",
                    seconds(node.duration_seconds),
                    _tokens(node.tokens_in, node.tokens_out),
                    seconds(node.first_token_seconds) if node.first_token_seconds is not None else "",
                    _http(node.http_status),
                    _bar(node.started_ms, node.duration_seconds, begin, end),
                ]
            )
        )
        if node.error:
            lines.append(one_line(f"{node.node_id}: {node.error}", WIDTH, indent=2, style="state.bad"))
    return lines


def _row(sign: Text, name: Text, start: float, took: float, bar: Text) -> Text:
    return _COLUMNS.line([sign, name, f"+{seconds(start)}", seconds(took), "", "", "", bar])


def _tokens(given: int | None, made: int | None) -> str:
    """Tokens in and out."""
    if given is None and made is None:
        return ""
    return f"{short_count(given or 0)}/{short_count(made or 0)}"


def _http(status: int | None) -> Text:
    if status is None:
        return Text("")
    return Text(str(status) if status else "none", "" if 200 <= status < 300 else "state.bad")


def _bar(started_ms: float, took_seconds: float, begin: float, end: float) -> Text:
    span = max(1.0, end - begin)
    first = max(0, min(BAR_WIDTH - 1, int((started_ms - begin) / span * BAR_WIDTH)))
    length = max(1, min(BAR_WIDTH - first, round(took_seconds * 1000 / span * BAR_WIDTH)))
    return Text(" " * first + "━" * length, "bar")


def _error(job: JobDetail) -> list[RenderableType]:
    failed = next((node for node in reversed(job.nodes) if node.error), None)
    where = Text(f"  in {failed.label or failed.node_name} ({failed.node_id})", "faint") if failed else Text("")
    return [Text() + Text("Error", "title") + where, Text(job.error, "state.bad")]


def _passage(text: str, full: bool) -> Text:
    clipped = text if full or len(text) <= CLIPPED else f"{text[:CLIPPED].rstrip()} … ({len(text):,} characters; --full shows all)"
    return Text(clipped)
