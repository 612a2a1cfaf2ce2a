"""Rewrites the tables and charts of docs/performance.md from a run of everything."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmark.databases import POSTGRES, SQLITE
from benchmark.growth import Series, growth_chart, growth_tables, run_growth
from benchmark.measures import Row
from benchmark.rag import rag_table
from benchmark.report import Table, load_table, markdown, target_table
from benchmark.sizing import sizing_table
from benchmark.suite import Wanted, machine, run_suite
from benchmark.works import WORKS

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE = DOCS / "performance.md"
COMPARED_FIGURES = ("cpu_main_ms", "cpu_worker_ms", "cpu_redis_ms", "cpu_ms")

Say = Callable[[str], None]


async def write_page(wanted: Wanted, say: Say, *, only_growth: bool = False) -> int:
    """Measure everything, or only growth, and put it into the page; 1 when a request failed."""
    blocks: dict[str, str] = {}
    rows: list[Row] = []
    if not only_growth:
        rows = (await run_suite(replace(wanted, shape=replace(wanted.shape, database=SQLITE)), say)).rows
        on_postgres = replace(wanted, shape=replace(wanted.shape, database=POSTGRES), only=[work.name for work in WORKS])
        others = (await run_suite(on_postgres, say)).rows
        blocks |= suite_blocks(rows, others, machine(), wanted.rounds)
        rows = [*rows, *others]
    series = await run_growth(wanted, say)
    blocks["growth"] = growth_block(series)
    for one in series:
        (DOCS / chart_name(one)).write_text(growth_chart(one))
    PAGE.write_text(with_blocks(PAGE.read_text(), blocks))
    say(f"rewrote {PAGE}")
    return 1 if any(row.is_broken for row in [*rows, *(row for one in series for row in one.rows)]) else 0


def suite_blocks(rows: Sequence[Row], on_postgres: Sequence[Row], here: Mapping[str, object], rounds: int) -> dict[str, str]:
    """The blocks of the page that one run of all rows fills."""
    when = time.strftime("%d %B %Y").lstrip("0")
    where = f"{here['processor']}, {here['cores']} cores, {here['memory_gib']} GiB, {here['system']}, Python {here['python']}"
    return {
        "machine": f"Measured on {when} on {where}; {rounds} rounds of each row.",
        "targets": markdown(target_table(rows, "")),
        "load": markdown(load_table([row for row in rows if "cpu_ms" in row], "")),
        "postgres": markdown(database_table(rows, on_postgres)),
        "rag": markdown(rag_table(rows)),
        "sizing": markdown(sizing_table(rows)),
    }


def database_table(on_sqlite: Sequence[Row], on_postgres: Sequence[Row]) -> Table:
    """CPU on our side with both databases."""
    other = {row.name: row for row in on_postgres}
    cells: list[list[str]] = []
    for row in on_sqlite:
        if row.name not in other or "cpu_ms" not in row:
            continue
        one, two = (source.median("cpu_ms") for source in (row, other[row.name]))
        parts = "/".join(f"{other[row.name].median(figure):.2f}" for figure in COMPARED_FIGURES[:3])
        cells.append([row.name, f"{one:.2f}", f"{two:.2f}", f"{two / one:.2f}", parts, f"{other[row.name].median('p50_ms'):.1f}"])
    columns = ("work", "SQLite", "PostgreSQL", "ratio", "main/worker/redis", "p50 ms")
    return Table(title="", columns=columns, rows=cells, note="CPU ms per prediction; the database server's own is not in it.")


def growth_block(series: Sequence[Series]) -> str:
    parts = [
        f"### {one.title}\n\n![{one.title}]({chart_name(one)})\n\n{markdown(table)}"
        for one, table in zip(series, growth_tables(series), strict=True)
    ]
    return "\n\n".join(parts)


def chart_name(series: Series) -> str:
    return f"growth-{series.name}.svg"


def with_blocks(page: str, blocks: Mapping[str, str]) -> str:
    """The page with each block between `<!-- NAME -->` and `<!-- /NAME -->` replaced. Raises ValueError for one that it has not."""
    for name, text in blocks.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        page, count = pattern.subn(lambda found, text=text: f"{found[1]}\n{text}\n\n{found[2]}", page)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"the page has {count} blocks called {name}, not 1")
    return page
