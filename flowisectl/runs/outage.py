"""Work that waits for a database which is away for a while, instead of giving up what a run has done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from flowisectl.errors import DatabaseUnavailable

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

log = logging.getLogger(__name__)
T = TypeVar("T")


async def through_outage(work: Callable[[], Awaitable[T]]) -> T:
    """Do it again until the database answers; the run's own time limit (JOB_TIMEOUT) ends the wait. `work` must be repeatable."""
    pause = 0.0
    while True:
        try:
            return await work()
        except DatabaseUnavailable as error:
            pause = min(max(pause * 2, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
            log.warning("waiting for the database: %s", error)
            await asyncio.sleep(pause)
