"""The worker: takes jobs from the queue, runs the flows, and says over HTTP how it is."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import Any

from config.settings import Settings
from flowisectl import __version__
from flowisectl.database.migrations.runner import HEAD
from flowisectl.errors import InvalidSetting, Unavailable
from flowisectl.observability.last_error import LastError, watch_errors
from flowisectl.observability.memory import resident_bytes
from flowisectl.observability.readiness import Check, ReadinessReport
from flowisectl.observability.telemetry import Telemetry, open_telemetry
from flowisectl.queue.claims import Outcome
from flowisectl.queue.roster import RoleSays
from flowisectl.secrets.encryption_key import encryption_key, fingerprint
from flowisectl.secrets.shared_key import other_key, wait_for_same_key
from flowisectl.worker.app import Lanes, create_lanes
from flowisectl.worker.end_log import log_end
from flowisectl.worker.health import HealthReport, Pages, open_health
from flowisectl.worker.metrics import WorkerMetrics
from flowisectl.worker.running import RunningJob
from roles.built_in_texts import texts_of
from roles.metrics_page import metrics_page
from roles.presence import in_roster, readiness_of, trouble_with_writes
from roles.process import bound_socket, run_role, start_logging
from roles.running import Work, open_work

_STARTING = "the worker is starting"

log = logging.getLogger(__name__)


def run_worker(settings: Settings, environment: Mapping[str, str]) -> int:
    """Work until SIGINT or SIGTERM; gives the exit status. Raises what keeps the worker from starting."""
    start_logging(settings.logs, "worker", environment)
    texts_of(settings)  # a broken file is told before anything is opened
    with bound_socket(settings.http.host, settings.worker.port, "WORKER_PORT") as held:
        port = int(held.getsockname()[1])
    with open_telemetry(settings.telemetry, "worker", environment) as telemetry:
        return run_role(_work(replace(settings, worker=replace(settings.worker, port=port)), environment, telemetry))


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

    def opened(self, work: Work) -> None:
        """It has what it needs, and takes no jobs yet."""
        self._work, self._lanes = work, None
        self._readiness = readiness_of(work.database, work.redis)

    def takes(self, lanes: Lanes) -> None:
        self._lanes = lanes
        lanes.tell_ends(self._ended)

    def _ended(self, queue: str, running: RunningJob, outcome: Outcome) -> None:
        self._metrics.ended(queue, running, outcome)
        log_end(queue, running, outcome)

    def waits(self, reason: str) -> None:
        """Why the worker takes no jobs yet, or no more; empty when nothing stands in its way."""
        self._waiting = reason or _STARTING

    def health(self) -> HealthReport:
        if self._lanes is None or self._waiting != _STARTING:
            return HealthReport(is_ok=False, reason=self._waiting)
        return self._lanes.health()

    async def ready(self) -> ReadinessReport:
        report = self.health()
        own = {"queue": Check(is_ok=report.is_ok, milliseconds=0.0, reason=report.reason)}
        if self._work is None:
            return ReadinessReport(checks=own)
        return ReadinessReport(checks={**own, **(await self._readiness.report()).checks})

    async def metrics(self, is_open: bool) -> bytes:
        redis = self._work.redis if self._work is not None else None
        return await metrics_page(self._settings, self._metrics.all(), await self.ready(), redis, is_open=is_open)

    def says(self) -> RoleSays:
        assert self._work is not None
        report = self.health()
        state = "draining" if self._lanes is not None and self._lanes.is_stopping else "ready" if report.is_ok else "not ready"
        return RoleSays(
            role="worker",
            version=__version__,
            started_ms=self._started_ms,
            state=state,
            reason=report.reason,
            write_trouble=trouble_with_writes(self._work.database),
            busy=self._lanes.busy if self._lanes is not None else 0,
            capacity=self._settings.worker.concurrency,
            rss_bytes=resident_bytes(),
            port=self._settings.worker.port,
            key_fingerprint=self._work.key_fingerprint,
            storage=self._work.storage,
            schema=HEAD,
            last_error=self._errors.text,
            last_error_ms=self._errors.at_ms,
        )


async def _work(settings: Settings, environment: Mapping[str, str], telemetry: Telemetry | None) -> int:
    face = _WorkerFace(settings, watch_errors())
    pages = Pages(check=face.health, ready=face.ready, metrics=face.metrics)
    async with open_health(pages, host=settings.http.host, port=settings.worker.port):
        # Once more with everything opened anew whenever the encryption key has changed.
        while not await _work_with_one_key(settings, environment, telemetry, face):
            pass
    return 0


async def _work_with_one_key(settings: Settings, environment: Mapping[str, str], telemetry: Telemetry | None, face: _WorkerFace) -> bool:
    """Take jobs until told to stop; false when this worker's key, or the server's, has become another one."""
    async with open_work(settings, environment) as work, AsyncExitStack() as opened:
        face.opened(work)
        name, key = settings.queue.name, work.key_fingerprint
        await opened.enter_async_context(in_roster(work.redis, name, face.says))
        same_key = wait_for_same_key(work.redis, name, key, face.waits, found_now=partial(_key_found_now, settings))
        if (has_same_key := await _unless_signalled(same_key)) is None:
            return True
        if not has_same_key:
            return False
        lanes = create_lanes(work.redis, work.predictions, work.upserts, settings.queue, settings.worker, telemetry, work.database)
        face.takes(lanes)
        log.info("taking jobs of %s, %d at once; health on port %d", name, settings.worker.concurrency, settings.worker.port)
        watching = asyncio.create_task(_stop_with_other_key(work, name, lanes, face), name="key")
        try:
            await lanes.run()
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        return lanes.was_signalled or watching.cancelled()


async def _unless_signalled(waiting: Coroutine[Any, Any, bool]) -> bool | None:
    """What comes of a wait, or None when a signal ends it: the worker leaves the roster then, as it does once it takes jobs."""
    loop, task = asyncio.get_running_loop(), asyncio.create_task(waiting, name="wait")
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return None if task.cancelled() else task.result()


async def _stop_with_other_key(work: Work, name: str, lanes: Lanes, face: _WorkerFace) -> None:
    """Let what runs end and take nothing more, once the server encrypts with another key."""
    problem = await other_key(work.redis, name, work.key_fingerprint)
    log.error("%s", problem)
    face.waits(problem)
    lanes.stop()


async def _key_found_now(settings: Settings) -> str:
    """The fingerprint of the key that this worker would find; empty when it finds none."""
    try:
        return fingerprint(await asyncio.to_thread(encryption_key, settings.secrets, create=False))
    except (InvalidSetting, Unavailable):
        return ""
