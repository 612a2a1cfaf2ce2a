"""The worker: takes jobs from the queue, runs the flows, and says over HTTP how it is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from config.settings import Settings
from flowisectl.worker.app import Lanes, create_lanes
from flowisectl.worker.health import HealthReport, open_health
from roles.process import bound_socket, run_role, start_logging
from roles.resources import open_work

log = logging.getLogger(__name__)


def run_worker(settings: Settings, environment: Mapping[str, str]) -> int:
    """Work until SIGINT or SIGTERM; gives the exit status. Raises what keeps the worker from starting."""
    start_logging(settings.logs, "worker", environment)
    with bound_socket(settings.http.host, settings.worker.port, "WORKER_PORT") as held:
        port = int(held.getsockname()[1])
    return run_role(_work(replace(settings, worker=replace(settings.worker, port=port)), environment))


async def _work(settings: Settings, environment: Mapping[str, str]) -> int:
    lanes: Lanes | None = None

    def health() -> HealthReport:
        return lanes.health() if lanes is not None else HealthReport(is_ok=False, reason="the worker is starting")

    async with (
        open_health(health, host=settings.http.host, port=settings.worker.port),
        open_work(settings, environment) as work,
    ):
        lanes = create_lanes(work.redis, work.predictions, work.upserts, settings.queue, settings.worker)
        log.info("taking jobs of %s, %d at once; health on port %d", settings.queue.name, settings.worker.concurrency, settings.worker.port)
        await lanes.run()
    return 0
