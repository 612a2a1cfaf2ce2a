"""What the log of a server says when jobs are turned away, and when they get in again: rarely, however many are refused."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from flowisectl.errors import RedisUnavailable

AGAIN_SECONDS = 60.0
"""So long nothing more is said of the same reason."""
CALM_SECONDS = 5.0
"""A job that gets in tells nothing while others are turned away: a small one still fits where a large one does not."""

log = logging.getLogger(__name__)


class Entrance:
    """The way into one queue, as one process finds it."""

    def __init__(self, queue: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._queue = queue
        self._clock = clock
        self._told: dict[int, float] = {}
        """Level of what was said → when."""
        self._refused_at = 0.0

    def passed(self) -> None:
        """A job got in."""
        if self._told and self._clock() - self._refused_at >= CALM_SECONDS:
            self._told.clear()
            log.info("queue %s: requests are taken again", self._queue)

    def is_shut(self, reason: RedisUnavailable) -> None:
        """A caller is told that Redis does not take its job."""
        self._tell(logging.ERROR, "requests get 503, queue %s: %s", reason.message)
        reason.is_logged = True

    def is_full(self, most: int) -> None:
        """As many jobs wait as may."""
        reason = f"{most:,} wait already (QUEUE_MAX_WAITING): `flowisectl status` shows whether workers are missing"
        self._tell(logging.WARNING, "requests get 429, queue %s: %s", reason)

    def _tell(self, level: int, text: str, reason: str) -> None:
        now = self._refused_at = self._clock()
        if now - self._told.get(level, float("-inf")) >= AGAIN_SECONDS:
            self._told[level] = now
            log.log(level, text, self._queue, reason)
