"""Documents: split, embedded and kept in a store, then searched."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmark import flows
from benchmark.load import run_round
from benchmark.measures import Figures, Row, percentile
from benchmark.processes import MIB, peak_rss_mib
from benchmark.rag_process import text_of
from benchmark.report import Table, digits
from benchmark.stack import WORKER, Shape, Stack, running_stack

CHUNKS, MANY = 10_000, 100_000
QUESTIONS = 40
SCRIPTS = Path(__file__).resolve().parent.parent

Say = Callable[[str], None]


async def rag_rows(shape: Shape, rounds: int, say: Say) -> list[Row]:
    """Each store alone with 10,000 chunks through HTTP and with 100,000 vectors; then a whole upsert and questions by flow."""
    rows: list[Row] = []
    async with running_stack(shape) as stack:
        for kind in ("memory", "faiss"):
            for chunks in (CHUNKS, MANY):
                times = rounds if chunks == CHUNKS else 1
                found = [await _alone(kind, chunks, stack.model_url if chunks == CHUNKS else "") for _ in range(times)]
                rows.append(Row(name=f"RAG, {kind} store, {chunks:,} chunks", rounds=found))
                say(f"{rows[-1].name}: query {rows[-1].median('query_p50_ms'):.1f} ms, peak {rows[-1].median('peak_mib'):.0f} MiB")
        rows.append(Row(name=f"RAG, faiss by a flow, {CHUNKS:,} chunks", rounds=[await _by_flow(stack) for _ in range(rounds)]))
        say(f"{rows[-1].name}: {rows[-1].median('upsert_s'):.1f} s, question {rows[-1].median('query_p50_ms'):.1f} ms")
    return rows


async def _alone(kind: str, chunks: int, model_url: str) -> Figures:
    with tempfile.TemporaryDirectory(prefix="flowisectl-rag-") as folder:
        command = [sys.executable, "-m", "benchmark.rag_process", kind, str(chunks), folder, *([model_url] if model_url else [])]
        paths = [str(SCRIPTS), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            raise SystemExit(f"filling a {kind} store failed:\n{done.stderr[-2000:]}")
        figures: dict[str, float] = json.loads(done.stdout)
        return figures


async def _by_flow(stack: Stack) -> Figures:
    """One upsert over HTTP, run by the worker, and questions to a chain over the store."""
    folder = stack.folder / "storage" / "faiss"  # where flows may keep their indexes
    flow_id = await stack.flow("rag", flows.rag_flow(stack.model_url, str(folder), text_of(CHUNKS)))
    key = await stack.key()
    before = stack.cpu()
    started = time.perf_counter()
    done = await run_round(stack.addresses, f"/api/v1/vector/upsert/{flow_id}", {}, clients=1, requests=1, timeout=300, key=key)
    seconds = time.perf_counter() - started
    used = stack.cpu()
    if not done.samples or done.samples[0].status != 200:
        raise SystemExit(f"the upsert failed: {done.errors or done.samples}")
    asked = await run_round(stack.addresses, f"/api/v1/prediction/{flow_id}", {"question": "hello"}, clients=1, requests=QUESTIONS)
    good = [sample for sample in asked.samples if sample.status == 200]
    worker = next(role for role in stack.roles if role.kind == WORKER)
    return {
        "chunks": CHUNKS,
        "upsert_s": seconds,
        "upsert_cpu_s": sum(used.values()) - sum(before.values()),
        "chunks_per_second": CHUNKS / seconds,
        "query_p50_ms": percentile([1000 * sample.took for sample in good[1:]], 0.5),
        "first_query_ms": 1000 * good[0].took if good else 0.0,
        "errors": QUESTIONS - len(good),
        "peak_mib": peak_rss_mib(worker.process.pid),
    }


def rag_table(rows: Sequence[Row]) -> Table:
    cells = [
        [
            row.name.removeprefix("RAG, "),
            f"{row.median('chunks_per_second'):,.0f}",
            f"{row.median('upsert_s'):.1f} s",
            f"{row.median('upsert_cpu_s'):.1f} s",
            f"{digits(row.median('first_query_ms'))} ms",
            f"{digits(row.median('query_p50_ms'))} ms",
            f"{row.median('peak_mib'):,.0f}",
        ]
        for row in rows
        if row.name.startswith("RAG")
    ]
    columns = ("store", "chunks/s", "filled in", "CPU for it", "first query", "query p50", "peak MB")
    note = (
        "Chunks of 1,000 characters, vectors of 1,536 numbers. The stores alone in a process of their own: 10,000 chunks are embedded over "
        f"HTTP, 100,000 get drawn vectors ({MANY * 1536 * 4 / MIB:,.0f} MB). By a flow: split, embedded and kept by a worker, question "
        "and answer over HTTP."
    )
    return Table(title="Documents", columns=columns, rows=cells, note=note)
