"""Whether CPU per prediction has grown since it was recorded, on whatever machine this runs.

Machines differ, and neighbours slow a processor down. So beside each row a fixed piece of work is timed in the same minute, and
CPU is compared as a multiple of it. Of several rounds the least counts: disturbance only adds.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmark.measures import Row

LIMIT = 1.5
"""A row fails when it costs so many times what was recorded."""
BASELINE = Path(__file__).resolve().parent.parent / "bench_baseline.json"
TURNS = 2500
_DOCUMENT = {"id": "0" * 36, "text": "word " * 40, "items": [{"name": f"n{number}", "value": number} for number in range(20)]}


def reference_seconds(repeats: int = 5) -> float:
    """CPU seconds of a fixed mix of what a prediction consists of: JSON, dictionaries, text, bytes through a socket. The least of all."""
    return min(_reference() for _ in range(repeats))


def _reference() -> float:
    near, far = socket.socketpair()
    with near, far:
        started = time.process_time()
        for turn in range(TURNS):
            data = orjson.dumps({**_DOCUMENT, "turn": turn})
            near.sendall(data)
            found = orjson.loads(far.recv(65536))
            names = {item["name"]: item["value"] for item in found["items"]}
            "".join(part.upper() for part in found["text"].split(" ") if part)
            sum(names.values())
        return time.process_time() - started


@dataclass(frozen=True, kw_only=True)
class Verdict:
    name: str
    cpu_ms: float
    recorded_ms: float
    """What was recorded, for a machine as fast as this one is now."""

    @property
    def ratio(self) -> float:
        return self.cpu_ms / self.recorded_ms

    @property
    def has_grown(self) -> bool:
        return self.ratio > LIMIT


def verdicts(rows: Sequence[Row], reference: float, baseline: Mapping[str, float], baseline_reference: float) -> list[Verdict]:
    """One for each row that was recorded. `baseline`: CPU ms per prediction by row."""
    speed = reference / baseline_reference
    return [
        Verdict(name=row.name, cpu_ms=row.least("cpu_ms"), recorded_ms=baseline[row.name] * speed) for row in rows if row.name in baseline
    ]


def read_baseline(path: Path = BASELINE) -> tuple[dict[str, float], float]:
    """(CPU ms per prediction by row, reference seconds). Raises SystemExit with what to do when there is none."""
    try:
        data = json.loads(path.read_text())
        return {str(name): float(value) for name, value in data["cpu_ms"].items()}, float(data["reference_seconds"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise SystemExit(f"{path} cannot be read ({error}): `scripts/bench --record` writes it") from error


def write_baseline(rows: Sequence[Row], reference: float, path: Path = BASELINE) -> None:
    """Record what the rows cost now."""
    cpu = {row.name: round(row.least("cpu_ms"), 3) for row in rows}
    path.write_text(json.dumps({"reference_seconds": round(reference, 5), "cpu_ms": cpu}, indent=2) + "\n")
