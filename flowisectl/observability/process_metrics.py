"""What every role tells of its own process, and of what it depends on."""

from __future__ import annotations

import time
from collections.abc import Sequence

from flowisectl.observability.memory import resident_bytes
from flowisectl.observability.metrics import Gauge, Labels, Metric
from flowisectl.observability.readiness import ReadinessReport


class _ProcessSeconds(Gauge):
    kind = "counter"


def process_metrics() -> Sequence[Metric]:
    """Memory and CPU, under the names that Flowise's Node process has."""
    return (
        Gauge("flowise_process_resident_memory_bytes", "Resident memory of this process.", resident_bytes),
        _ProcessSeconds("flowise_process_cpu_seconds_total", "CPU time of this process.", time.process_time),
    )


def dependency_metrics(report: ReadinessReport) -> Sequence[Metric]:
    """Redis, database and schema: do they answer, and how fast."""
    up: dict[Labels, float] = {(name,): float(check.is_ok) for name, check in report.checks.items()}
    took: dict[Labels, float] = {(name,): check.milliseconds / 1000 for name, check in report.checks.items()}
    return (
        Gauge("flowisectl_dependency_up", "Whether what this process needs answers: 1 or 0.", lambda: up, ("name",)),
        Gauge("flowisectl_dependency_seconds", "How long it took to answer.", lambda: took, ("name",)),
    )
