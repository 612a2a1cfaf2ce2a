"""What a core and a gigabyte carry, reckoned from measured rows."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.measures import Row
from benchmark.report import NONE, Table

CALM = 0.7
"""The share of a core that is planned with: above it waits grow."""
STREAM_SECONDS = 4.0
"""How long one of the paced streams takes: 200 tokens, one each 20 ms."""
MIB_PER_GB = 1000**3 / 1024**2

_PER_CORE = (
    ("custom function, 64 clients", "predictions of a function flow"),
    ("LLM Chain, 64 clients", "predictions of an LLM Chain"),
    ("AgentFlow, 64 clients", "predictions of an AgentFlow with one model call"),
)
_WAITING = (
    ("1 s model, 1000 clients", 1000, "predictions that wait for a model"),
    ("200-token stream, 256 clients", 256, "streams at full speed"),
)
_PACED = "paced streams, 64 clients"


def sizing_table(rows: Sequence[Row]) -> Table:
    """Predictions a second and open streams for each core and each GB beyond what idle processes hold."""
    by_name = {row.name: row for row in rows}
    cells: list[list[str]] = []
    for name, what in _PER_CORE:
        if row := by_name.get(name):
            cells.append([what, f"{CALM * 1000 / row.median('cpu_ms'):,.0f} a second", NONE])
    if row := by_name.get(_PACED):
        share = row.median("cpu_ms") / 1000 / STREAM_SECONDS
        cells.append(["streams of 50 tokens a second", f"{CALM / share:,.0f} open", NONE])
    idle = sum(row.median("rss_mib") for name in ("start of a main", "start of a worker") if (row := by_name.get(name)))
    for name, clients, what in _WAITING:
        row = by_name.get(name)
        if row is not None and idle:
            each = max(row.median("rss_main_mib") + row.median("rss_worker_mib") - idle, 1.0) / clients
            cells.append([what, NONE, f"{MIB_PER_GB / each:,.0f} open"])
    note = (
        f"A core is planned with at {CALM:.0%}, shared by main, worker and queue server as the rows above show. Memory is what main and "
        "worker held beyond their idle memory, divided by what was open at once."
    )
    return Table(title="Sizing", columns=("work", "per core", "per GB"), rows=cells, note=note)
