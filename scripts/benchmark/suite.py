"""All rows, in order: which are wanted, how often, on which stack."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmark.guard import reference_seconds
from benchmark.measures import Figures, Row
from benchmark.stack import Shape, running_stack
from benchmark.standing import StandingRows, memory_rows, redis_rows, start_rows, worker_rows
from benchmark.works import WORKS, Work, measure, warm_up

Say = Callable[[str], None]
QUICK_STANDING = ("start",)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to run."""

    shape: Shape = field(default_factory=Shape)
    rounds: int = 3
    only: Sequence[str] = ()
    """Parts of names of rows, or of `start`, `redis`, `memory`, `workers`, `rag`; none: everything."""
    is_quick: bool = False
    is_guard: bool = False

    def has(self, name: str) -> bool:
        return not self.only or any(text.lower() in name.lower() for text in self.only)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    rows: list[Row]
    reference_seconds: float


async def run_suite(wanted: Wanted, say: Say) -> Outcome:
    """Measure. The reference is timed between the rows, so that it meets the same neighbours."""
    rows: list[Row] = []
    reference = reference_seconds()
    works = [work for work in WORKS if wanted.has(work.name) and (work.is_guarded or not wanted.is_guard)]
    if works:
        async with running_stack(wanted.shape) as stack:
            for work in works:
                await warm_up(stack, work)
                rounds: list[Figures] = []
                for _ in range(_rounds(work, wanted)):
                    rounds.append(await measure(stack, work, clients=work.clients, requests=_requests(work, wanted)))
                    reference = min(reference, reference_seconds(1))
                rows.append(Row(name=work.name, rounds=rounds))
                say(f"{work.name}: {rows[-1].median('per_second'):,.0f}/s, {rows[-1].median('cpu_ms'):.2f} ms CPU")
    for _, make in _standing(wanted):
        rows += await make(wanted.shape, 1 if wanted.is_quick else wanted.rounds, say)
    return Outcome(rows=rows, reference_seconds=reference)


def _rounds(work: Work, wanted: Wanted) -> int:
    return min(wanted.rounds, work.rounds or wanted.rounds) if wanted.is_quick or wanted.is_guard else wanted.rounds


def _requests(work: Work, wanted: Wanted) -> int:
    return work.quick_requests if wanted.is_quick or wanted.is_guard else work.requests


def _standing(wanted: Wanted) -> list[tuple[str, StandingRows]]:
    """The groups beside load. A quick run has only the quick ones, unless others are named."""
    from benchmark.rag import rag_rows

    every: list[tuple[str, StandingRows]] = [
        ("start", start_rows),
        ("redis", redis_rows),
        ("memory", memory_rows),
        ("workers", partial(worker_rows, is_quick=wanted.is_quick)),
        ("rag", rag_rows),
    ]
    if wanted.is_guard:
        return []
    if wanted.only:
        return [group for group in every if group[0] in wanted.only]
    return [group for group in every if group[0] in QUICK_STANDING or not wanted.is_quick]


def machine() -> dict[str, Any]:
    """What this runs on."""
    model = ""
    try:
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
        with open("/proc/meminfo") as file:
            memory = int(file.readline().split()[1]) / 1024 / 1024
    except OSError:
        memory = 0.0
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }
