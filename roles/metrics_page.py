"""The page of metrics of a role: its own counters, its process, what it depends on, and the queues."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from redis.asyncio import Redis

from config.settings import Settings
from flowisectl.errors import RedisUnavailable
from flowisectl.observability.metrics import Metric, to_text
from flowisectl.observability.process_metrics import dependency_metrics, process_metrics
from flowisectl.observability.readiness import ReadinessReport
from flowisectl.queue.gauges import queue_gauges
from flowisectl.queue.overview import look


async def metrics_page(settings: Settings, own: Sequence[Metric], report: ReadinessReport, redis: Redis | None, *, is_open: bool) -> bytes:
    """Text for Prometheus, as OpenMetrics when `is_open`.

    Without Redis the queues are left out, and `flowisectl_dependency_up` says why.
    """
    metrics = [*own, *dependency_metrics(report)]
    if settings.metrics.has_process_metrics:
        metrics += process_metrics()
    if redis is not None:
        with contextlib.suppress(RedisUnavailable, TimeoutError):
            metrics += queue_gauges(await look(redis, settings.queue, last=0))
    return to_text(metrics, {"app": settings.metrics.service_name}, is_open=is_open)
