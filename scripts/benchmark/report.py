"""Rows → tables, for the terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmark.measures import Row
from benchmark.targets import TARGETS

NONE = "–"
LABELS = {
    "per_second": "predictions/s",
    "p50_ms": "p50",
    "cpu_ms": "CPU per prediction",
    "first_token_ms": "first token p50",
    "tokens_per_second": "tokens/s",
    "tokens_lost": "tokens lost",
    "in_flight": "in flight",
    "ready_s": "ready after",
    "rss_mib": "memory",
    "kept_mb": "kept",
    "left_mb": "after their time",
    "after_main_mib": "main",
    "after_worker_mib": "worker",
    "over_main_mib": "main over idle × 1.2 + 30 MB",
    "over_worker_mib": "worker over idle × 1.2 + 30 MB",
    "error_share": "failed",
    "ratio": "speed against one worker",
    "chunks_per_second": "chunks/s",
    "peak_mib": "peak memory",
    "query_p50_ms": "query p50",
}


@dataclass(frozen=True, kw_only=True)
class Table:
    title: str
    columns: Sequence[str]
    """The first one is text, the others are numbers."""
    rows: Sequence[Sequence[str]]
    sections: frozenset[int] = field(default_factory=frozenset)
    """Rows after which a line is drawn."""
    note: str = ""


def shown(figure: str, value: float) -> str:
    """A number with its unit, in as many digits as mean something."""
    if figure in ("tokens_lost", "error_share"):
        return f"{100 * value:.1f} %" if value else "0"
    for ending, unit in (("_ms", " ms"), ("_mib", " MB"), ("_mb", " MB"), ("_s", " s")):
        if figure.endswith(ending):
            return digits(value) + unit
    if figure == "ratio":
        return f"{value:.2f} ×"
    return f"{value:,.0f}"


def digits(value: float) -> str:
    """Three digits that count, at least the whole part."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or value == 0 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def spread_of(row: Row, figure: str) -> str:
    return f"±{50 * row.spread(figure):.0f} %" if len(row.of(figure)) > 1 else NONE


def load_table(rows: Sequence[Row], title: str) -> Table:
    """Everything about load: speed, waits, tokens, CPU by kind of process, memory."""
    columns = ("work", "/s", "p50", "p95", "p99", "first", "tokens/s", "lost", "main", "worker", "redis", "CPU", "±", "MB", "failed")
    note = (
        "Times in ms, medians of the rounds. main, worker, redis: CPU ms per prediction, user and system, from the process accounts; "
        "± half the spread of their sum. MB: resident, main/worker with its JavaScript processes."
    )
    return Table(title=title, columns=columns, rows=[_load_cells(row) for row in rows], note=note)


def _load_cells(row: Row) -> list[str]:
    def cell(figure: str) -> str:
        return digits(row.median(figure)) if figure in row else NONE

    failed = sum(sum(row.of(name)) for name in ("errors", "broken_streams") if name in row)
    return [
        row.name,
        *(cell(name) for name in ("per_second", "p50_ms", "p95_ms", "p99_ms", "first_token_ms")),
        f"{row.median('tokens_per_second'):,.0f}" if "tokens_per_second" in row else NONE,
        shown("tokens_lost", row.median("tokens_lost")) if "tokens_lost" in row else NONE,
        *(f"{row.median(name):.2f}" for name in ("cpu_main_ms", "cpu_worker_ms", "cpu_redis_ms", "cpu_ms")),
        spread_of(row, "cpu_ms"),
        f"{row.median('rss_main_mib'):.0f}/{row.median('rss_worker_mib'):.0f}",
        f"{failed:.0f}",
    ]


def target_table(rows: Sequence[Row], title: str) -> Table:
    """What was measured beside what Flowise needs and what is aimed at; only what was measured."""
    by_name = {row.name: row for row in rows}
    cells: list[list[str]] = []
    sections: set[int] = set()
    last = ""
    for target in TARGETS:
        row = by_name.get(target.row)
        if row is None or target.figure not in row:
            continue
        value = row.median(target.figure)
        if last and last != row.name:
            sections.add(len(cells) - 1)
        bounded = target.at_least is not None or target.at_most is not None
        bound = "none" if target.at_most == 0 else target.bound(lambda number, figure=target.figure: shown(figure, number))  # type: ignore[misc]
        cells.append(
            [
                row.name if row.name != last else "",
                LABELS.get(target.figure, target.figure),
                shown(target.figure, target.flowise) if target.flowise is not None else NONE,
                shown(target.figure, value),
                spread_of(row, target.figure),
                factor(target.flowise, value, target.figure),
                bound,
                ("yes" if target.holds(round(value, 4)) else "no") if bounded else "",
            ]
        )
        last = row.name
    columns = ("work", "figure", "Flowise", "here", "±", "better by", "target", "met")
    return Table(title=title, columns=columns, rows=cells, sections=frozenset(sections))


def factor(flowise: float | None, value: float, figure: str) -> str:
    """How many times better; nothing where a zero stands in the way."""
    if not flowise or not value:
        return NONE
    return f"{value / flowise if is_more_better(figure) else flowise / value:.1f} ×"


def is_more_better(figure: str) -> bool:
    return figure.endswith("per_second") or figure in ("in_flight", "ratio")


def comparison_table(rows: Sequence[Row], old: Mapping[str, Row], figures: Sequence[str], title: str) -> Table:
    """Then and now with their ratio, for the rows that both have."""
    cells: list[list[str]] = []
    for row in rows:
        for figure in figures:
            before = old.get(row.name)
            if before is None or figure not in row or figure not in before:
                continue
            then, now = before.median(figure), row.median(figure)
            noise = max(row.spread(figure), before.spread(figure)) / 2
            ratio = now / then if then else 1.0
            better = "same" if abs(ratio - 1) <= noise else "better" if (ratio > 1) == is_more_better(figure) else "worse"
            cells.append([row.name, LABELS.get(figure, figure), shown(figure, then), shown(figure, now), f"{ratio:.2f}", better])
    return Table(title=title, columns=("work", "figure", "then", "now", "now/then", "verdict"), rows=cells)


def print_table(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    if not table.rows:
        return
    drawn = Drawn(title=table.title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(table.columns):
        drawn.add_column(name, justify="left" if place == 0 or name in ("figure", "verdict") else "right", header_style="dim", no_wrap=True)
    styles = {"yes": "green", "no": "bold red", "better": "green", "worse": "bold red"}
    for place, cells in enumerate(table.rows):
        drawn.add_row(*(Text(cell, style=styles.get(cell, "")) for cell in cells), end_section=place in table.sections)
    console = Console(width=None if Console().is_terminal else 168)
    console.print(drawn)
    if table.note:
        console.print(table.note, style="dim")
    console.print()


def markdown(table: Table) -> str:
    """The table for a page."""
    rule = [":--" if place == 0 or name == "figure" else "--:" for place, name in enumerate(table.columns)]
    lines = ["| " + " | ".join(cells) + " |" for cells in (table.columns, rule, *table.rows)]
    return "\n".join([*lines, *(["", table.note] if table.note else [])])
