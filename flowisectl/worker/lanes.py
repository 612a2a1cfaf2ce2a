"""The lanes of one worker process: predictions and upserts have a queue, a lease and slots each, and begin and end together."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence

from flowisectl.queue.claims import Outcome
from flowisectl.worker.health import HealthReport
from flowisectl.worker.leased import LeasedWorker
from flowisectl.worker.recycling import Limits, stop_when_reached
from flowisectl.worker.running import RunningJob

NO_LIMITS = Limits()
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Lanes:
    """Starts several workers of one process; the first signal ends them orderly, a second one at once."""

    def __init__(self, workers: Sequence[LeasedWorker], limits: Limits = NO_LIMITS) -> None:
        """`limits` say when it ends by itself, in order, to be started again."""
        self._workers = tuple(workers)
        self._limits = limits
        self.is_stopping = False
        """It takes nothing new."""
        self.was_signalled = False
        """SIGTERM or SIGINT came, so the process shall end."""
        for worker in self._workers:
            # One handler for all: a loop keeps only one for each signal.
            worker.SIGNALS = []

    @property
    def busy(self) -> int:
        """Jobs that run now."""
        return sum(worker.busy for worker in self._workers)

    @property
    def finished(self) -> int:
        """Jobs that have ended here, however they ended."""
        return sum(worker.finished for worker in self._workers)

    def tell_ends(self, on_end: Callable[[str, RunningJob, Outcome], None]) -> None:
        """Tell of every job that ends here, with its queue."""
        for worker in self._workers:
            worker.on_end = on_end

    def health(self) -> HealthReport:
        """Whether every lane takes jobs now; else the first one's reason that does not."""
        reports = [(worker, worker.health()) for worker in self._workers]
        for worker, report in reports:
            if not report.is_ok:
                return HealthReport(is_ok=False, reason=f"{worker.jobs.keys.queue}: {report.reason}")
        return HealthReport(is_ok=True, reason="")

    def stop(self) -> None:
        """Take nothing new and let runs end within the grace; a second call hands them back at once."""
        for worker in self._workers:
            if self.is_stopping:
                worker.hurry()
            worker.event.set()
        self.is_stopping = True

    def _signalled(self) -> None:
        self.was_signalled = True
        self.stop()

    async def run(self) -> None:
        """Work until a signal comes or `stop` is called. Raises RedisUnavailable when there is no Redis to begin with."""
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(worker.start(), name=worker.jobs.keys.queue) for worker in self._workers]
        for signum in SIGNALS:
            loop.add_signal_handler(signum, self._signalled)
        recycling = asyncio.create_task(stop_when_reached(self._limits, lambda: self.finished, self.stop), name="recycling")
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            recycling.cancel()
            for worker in self._workers:
                worker.event.set()
            await asyncio.wait(tasks)
            for signum in SIGNALS:
                loop.remove_signal_handler(signum)
        for task in tasks:
            task.result()
