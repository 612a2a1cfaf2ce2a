"""The worker: takes jobs from the queue, runs the flows, and says over HTTP how it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from config.settings import Settings
from flowisectl import __version__
from flowisectl.database.migrations.runner import HEAD
from flowisectl.observability.last_error import LastError, watch_errors
from flowisectl.observability.memory import resident_bytes
from flowisectl.observability.readiness import Check, ReadinessReport
from flowisectl.queue.roster import RoleSays
from flowisectl.secrets.shared_key import wait_for_same_key
from flowisectl.worker.app import Lanes, create_lanes
from flowisectl.worker.health import HealthReport, Pages, open_health
from flowisectl.worker.metrics import WorkerMetrics
from roles.metrics_page import metrics_page
from roles.presence import in_roster, readiness_of
from roles.process import bound_socket, run_role, start_logging
from roles.resources import Work, open_work

_STARTING = "the worker is starting"

log = logging.getLogger(__name__)


def run_worker(settings: Settings, environment: Mapping[str, str]) -> int:
    """Work until SIGINT or SIGTERM; gives the exit status. Raises what keeps the worker from starting."""
    start_logging(settings.logs, "worker", environment)
    with bound_socket(settings.http.host, settings.worker.port, "WORKER_PORT") as held:
        port = int(held.getsockname()[1])
    return run_role(_work(replace(settings, worker=replace(settings.worker, port=port)), environment))


class _WorkerFace:
    """What a worker shows of itself: over HTTP, and in the roster."""

    def __init__(self, settings: Settings, errors: LastError) -> None:
        self._settings = settings
        self._errors = errors
        self._started_ms = int(time.time() * 1000)
        self._metrics = WorkerMetrics()
        self._waiting = _STARTING
        self._lanes: Lanes | None = None
        self._work: Work | None = None

    def opened(self, work: Work, lanes: Lanes) -> None:
        self._work, self._lanes = work, lanes
        self._readiness = readiness_of(work.database, work.redis)
        lanes.tell_ends(self._metrics.ended)

    def waits(self, reason: str) -> None:
        """Why the worker takes no jobs yet; empty when nothing stands in its way any more."""
        self._waiting = reason or _STARTING

    def health(self) -> HealthReport:
        return self._lanes.health() if self._lanes is not None else HealthReport(is_ok=False, reason=self._waiting)

    async def ready(self) -> ReadinessReport:
        report = self.health()
        own = {"queue": Check(is_ok=report.is_ok, milliseconds=0.0, reason=report.reason)}
        if self._work is None:
            return ReadinessReport(checks=own)
        return ReadinessReport(checks={**own, **(await self._readiness.report()).checks})

    async def metrics(self) -> bytes:
        redis = self._work.redis if self._work is not None else None
        return await metrics_page(self._settings, self._metrics.all(), await self.ready(), redis)

    def says(self) -> RoleSays:
        assert self._lanes is not None and self._work is not None
        report = self.health()
        state = "draining" if self._lanes.is_stopping else "ready" if report.is_ok else "not ready"
        return RoleSays(
            role="worker",
            version=__version__,
            started_ms=self._started_ms,
            state=state,
            reason=report.reason,
            busy=self._lanes.busy,
            capacity=self._settings.worker.concurrency,
            rss_bytes=resident_bytes(),
            port=self._settings.worker.port,
            key_fingerprint=self._work.key_fingerprint,
            schema=HEAD,
            last_error=self._errors.text,
            last_error_ms=self._errors.at_ms,
        )


async def _work(settings: Settings, environment: Mapping[str, str]) -> int:
    face = _WorkerFace(settings, watch_errors())
    async with (
        open_health(Pages(check=face.health, ready=face.ready, metrics=face.metrics), host=settings.http.host, port=settings.worker.port),
        open_work(settings, environment) as work,
    ):
        await wait_for_same_key(work.redis, settings.queue.name, work.key_fingerprint, face.waits)
        lanes = create_lanes(work.redis, work.predictions, work.upserts, settings.queue, settings.worker)
        face.opened(work, lanes)
        log.info("taking jobs of %s, %d at once; health on port %d", settings.queue.name, settings.worker.concurrency, settings.worker.port)
        async with in_roster(work.redis, settings.queue.name, face.says):
            await lanes.run()
    return 0
