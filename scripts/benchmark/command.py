"""The command line of `scripts/bench`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmark.databases import POSTGRES, SQLITE
from benchmark.guard import BASELINE, LIMIT, Verdict, read_baseline, reference_seconds, verdicts, write_baseline
from benchmark.measures import Row, row_of
from benchmark.report import Table, comparison_table, digits, load_table, print_table, target_table
from benchmark.stack import Shape
from benchmark.suite import Outcome, Wanted, machine, run_suite

COMPARED = ("per_second", "p50_ms", "cpu_ms", "first_token_ms", "ready_s", "rss_mib", "kept_mb", "query_p50_ms", "peak_mib")


def main(description: str) -> int:
    """Run what was asked for; 0 unless something failed, or the guard found growth."""
    options = _options(description)
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    if options.guard or options.record:
        return _guard(options)
    if options.docs:
        from benchmark.page import write_page

        return asyncio.run(write_page(_wanted(options), _say, only_growth=options.growth))
    if options.growth:
        from benchmark.growth import growth_tables, run_growth

        series = asyncio.run(run_growth(_wanted(options), _say))
        for table in growth_tables(series):
            print_table(table)
        _write(options.json, {"machine": machine(), "growth": [one.to_json() for one in series]})
        return 1 if any(row.is_broken for one in series for row in one.rows) else 0
    return _measure(options)


def _options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", nargs="?", choices=["growth"], help="the same as --growth")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each row; the median is shown")
    parser.add_argument("--mains", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", choices=[SQLITE, POSTGRES], default=SQLITE)
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--compare", metavar="FILE", type=Path)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--guard", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--baseline", metavar="FILE", type=Path, default=BASELINE, help="what --guard reads and --record writes")
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    options.growth = options.growth or options.mode == "growth"
    if options.rounds < 1 or options.mains < 1 or options.workers < 1:
        parser.error("--rounds, --mains and --workers are at least 1")
    return options


def _wanted(options: argparse.Namespace, **changes: Any) -> Wanted:
    shape = Shape(mains=options.mains, workers=options.workers, database=options.database)
    return Wanted(**{"shape": shape, "rounds": options.rounds, "only": options.only, "is_quick": options.quick, **changes})


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _measure(options: argparse.Namespace) -> int:
    old = _read(options.compare) if options.compare else {}
    wanted = _wanted(options)
    outcome = asyncio.run(run_suite(wanted, _say))
    if not outcome.rows:
        raise SystemExit(f"no row is called {' or '.join(options.only)}")
    here = machine()
    title = f"{wanted.shape}, {here['cores']} cores, Python {here['python']}, {wanted.rounds} rounds"
    print_table(load_table([row for row in outcome.rows if "cpu_ms" in row], title))
    print_table(target_table(outcome.rows, "Against Flowise 3.1.2"))
    if any(row.name.startswith("RAG") for row in outcome.rows):
        from benchmark.rag import rag_table

        print_table(rag_table(outcome.rows))
    if old:
        print_table(comparison_table(outcome.rows, old, COMPARED, f"Against {options.compare}"))
    _write(options.json, _to_json(outcome, wanted))
    return 1 if any(row.is_broken for row in outcome.rows) else 0


def _guard(options: argparse.Namespace) -> int:
    wanted = _wanted(options, is_guard=True, shape=Shape())
    outcome = asyncio.run(run_suite(wanted, _say))
    if options.record:
        write_baseline(outcome.rows, outcome.reference_seconds, options.baseline)
        return 0
    baseline, baseline_reference = read_baseline(options.baseline)
    found = verdicts(outcome.rows, outcome.reference_seconds, baseline, baseline_reference)
    if any(verdict.has_grown for verdict in found):
        # Once more: what was a neighbour's doing is gone then, what is ours stays.
        names = [verdict.name for verdict in found if verdict.has_grown]
        _say(f"once more: {', '.join(names)}")
        again = asyncio.run(run_suite(_wanted(options, is_guard=True, shape=Shape(), only=names), _say))
        reference = min(again.reference_seconds, reference_seconds())
        second = {verdict.name: verdict for verdict in verdicts(again.rows, reference, baseline, baseline_reference)}
        found = [min(verdict, second.get(verdict.name, verdict), key=lambda one: one.ratio) for verdict in found]
    print_table(guard_table(found, outcome.reference_seconds / baseline_reference))
    broken = [row.name for row in outcome.rows if row.is_broken]
    if broken:
        print(f"requests failed: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken or any(verdict.has_grown for verdict in found) else 0


def guard_table(found: list[Verdict], speed: float) -> Table:
    rows = [
        [one.name, f"{digits(one.cpu_ms)} ms", f"{digits(one.recorded_ms)} ms", f"{one.ratio:.2f}", "worse" if one.has_grown else "same"]
        for one in found
    ]
    note = f"The reference work takes {speed:.2f} times the CPU that it took when the figures were recorded. Allowed: {LIMIT} ×."
    columns = ("work", "CPU now", "recorded", "ratio", "verdict")
    return Table(title="CPU per prediction against what was recorded", columns=columns, rows=rows, note=note)


def _to_json(outcome: Outcome, wanted: Wanted) -> dict[str, Any]:
    return {
        "machine": machine(),
        "shape": str(wanted.shape),
        "is_quick": wanted.is_quick,
        "reference_seconds": outcome.reference_seconds,
        "rows": [row.to_json() for row in outcome.rows],
    }


def _read(path: Path) -> dict[str, Row]:
    try:
        return {row.name: row for row in map(row_of, json.loads(path.read_text())["rows"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path} is no file that --json wrote: {error}") from error


def _write(path: Path | None, data: dict[str, Any]) -> None:
    if path:
        path.write_text(json.dumps(data, indent=1) + "\n")
