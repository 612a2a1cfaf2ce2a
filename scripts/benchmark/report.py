"""Figures of rounds → one table for people, JSON for machines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median


@dataclass(kw_only=True)
class Figures:
    """One row: a kind of work at a number of clients. Times are milliseconds, memory is MiB."""

    work: str
    clients: int
    requests: int
    errors: int
    per_second: float
    p50: float
    p95: float
    p99: float
    first_token: float | None
    tokens_delivered: int
    tokens_sent: int
    broken_streams: int
    cpu_main: float
    cpu_worker: float
    cpu_redis: float
    rss_main: float
    rss_worker: float

    @property
    def cpu(self) -> float:
        return self.cpu_main + self.cpu_worker + self.cpu_redis

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "cpu": self.cpu}


def percentile(values: list[float], share: float) -> float:
    """The value that this share of the values does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] if ordered else 0.0


def middle(rows: list[Figures]) -> Figures:
    """Of several rounds of one row, the one with the median CPU per prediction."""
    return sorted(rows, key=lambda row: row.cpu)[len(rows) // 2] if len(rows) != 2 else min(rows, key=lambda row: row.cpu)


def spread(rows: list[Figures]) -> float:
    """How far the rounds' CPU figures lie apart, as a share of their median."""
    figures = [row.cpu for row in rows]
    return (max(figures) - min(figures)) / median(figures) if median(figures) else 0.0


COLUMNS = ("work", "clients", "req/s", "p50", "p95", "p99", "first", "tokens", "main", "worker", "redis", "CPU ms", "RSS", "errors")


def cells(row: Figures) -> list[str]:
    tokens = f"{row.tokens_delivered}/{row.tokens_sent}" if row.tokens_sent else "-"
    first = f"{row.first_token:.1f}" if row.first_token is not None else "-"
    wrong = row.errors + row.broken_streams
    return [
        row.work,
        str(row.clients),
        f"{row.per_second:.0f}",
        f"{row.p50:.1f}",
        f"{row.p95:.1f}",
        f"{row.p99:.1f}",
        first,
        tokens,
        f"{row.cpu_main:.2f}",
        f"{row.cpu_worker:.2f}",
        f"{row.cpu_redis:.2f}",
        f"{row.cpu:.2f}",
        f"{row.rss_main:.0f}/{row.rss_worker:.0f}",
        str(wrong) if wrong else "0",
    ]


def print_table(rows: list[Figures], title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == "work" else "right")
    previous = ""
    for row in rows:
        if previous and previous != row.work:
            table.add_section()
        previous = row.work
        table.add_row(*cells(row))
    console = Console(width=150)
    console.print(table)
    console.print("times in ms; CPU in ms per prediction (user and system, from the process accounts); RSS main/worker in MiB", style="dim")
