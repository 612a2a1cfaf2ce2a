"""Queues and roles as Prometheus sees them: what `status` shows, as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowisectl.observability.metrics import Gauge, Labels, Metric
from flowisectl.queue.overview import Overview
from flowisectl.queue.summary import QueueSnapshot


class _Quantiles(Gauge):
    """Quantiles without a sum and a count."""

    kind = "summary"


def queue_gauges(overview: Overview) -> Sequence[Metric]:
    """The look must be a fresh one: nothing here asks again."""
    queues = overview.queues

    def of_queue(name: str, about: str, values: Mapping[str, float]) -> Gauge:
        series: Mapping[Labels, float] = {(queue,): value for queue, value in values.items()}
        return Gauge(name, about, lambda: series, ("queue",))

    roles: dict[Labels, float] = {}
    for role in overview.roles:
        key = (role.role, "stale" if role.is_stale else role.state.replace(" ", "_"))
        roles[key] = roles.get(key, 0.0) + 1
    return (
        of_queue("flowisectl_queue_waiting", "Jobs that wait.", {queue.queue: queue.waiting for queue in queues}),
        of_queue(
            "flowisectl_queue_suspects",
            "Waiting jobs whose workers were lost, with one attempt left.",
            {queue.queue: queue.suspects for queue in queues},
        ),
        of_queue("flowisectl_queue_running", "Jobs that run.", {queue.queue: queue.running for queue in queues}),
        of_queue("flowisectl_queue_capacity", "Jobs that can run at once.", {queue.queue: queue.capacity for queue in queues}),
        of_queue(
            "flowisectl_queue_oldest_wait_seconds",
            "How long the job at the head of the queue has waited.",
            {queue.queue: queue.oldest_wait_seconds if queue.waiting else 0.0 for queue in queues},
        ),
        of_queue(
            "flowisectl_queue_dead", "Jobs that were set aside, as their workers were lost too often.", {q.queue: q.dead for q in queues}
        ),
        _Quantiles(
            "flowisectl_queue_wait_seconds",
            "Waits of the jobs that began within the last minute.",
            lambda: _waits(queues),
            ("queue", "quantile"),
        ),
        Gauge("flowisectl_roles", "Processes of this service by their state.", lambda: roles, ("role", "state")),
        Gauge("flowisectl_redis_memory_bytes", "Memory that the queue server uses.", lambda: overview.redis.memory_bytes),
        Gauge(
            "flowisectl_redis_memory_limit_bytes",
            "Memory that the queue server may use; 0: no limit.",
            lambda: overview.redis.memory_limit_bytes,
        ),
    )


def _waits(queues: Sequence[QueueSnapshot]) -> Mapping[Labels, float]:
    found: dict[Labels, float] = {}
    for queue in queues:
        for quantile, value in (("0.5", queue.pace.wait_p50_seconds), ("0.95", queue.pace.wait_p95_seconds)):
            if value is not None:
                found[queue.queue, quantile] = value
    return found
