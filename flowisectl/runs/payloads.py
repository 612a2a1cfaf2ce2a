"""What is too large for Redis: kept in the database (or beside it), which main and workers share, as long as its job is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from config.settings import QueueSettings
from flowisectl.database.connection import Database
from flowisectl.database.payload import payload_store
from flowisectl.errors import DatabaseUnavailable, FlowisectlError, NotFound
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.retention import DAY_MS, Retention
from flowisectl.queue.stored_elsewhere import mark_stored, take_gone
from flowisectl.redis_connection import Pipeline

LARGE_BYTES = 256 * 1024
"""From so much on, a body or an answer does not travel through Redis."""
SWEEP_SECONDS = 5.0
EXPIRY_SECONDS = 3600.0
MARGIN_MS = 7 * DAY_MS
"""What is kept of a job outlives the time that the job itself is kept by so much: it may have to wait, and to run."""

log = logging.getLogger(__name__)


class PayloadLost(NotFound):
    """A job says that the database has a part of it, and it has not."""


class Payloads:
    """Of the jobs of one queue."""

    def __init__(self, database: Database, pipeline: Pipeline, keys: QueueKeys, settings: QueueSettings) -> None:
        retention = Retention.from_settings(settings)
        self._place = database.place
        self._store = payload_store(database)
        self._pipeline = pipeline
        self._keys = keys
        self._kept_ms = max(retention.done_ms, retention.failed_ms) + MARGIN_MS

    async def put(self, job_id: str, name: str, data: bytes) -> None:
        """Keep it under this name, however often. Raises DatabaseUnavailable."""
        await self._store.put(job_id, name, data, expires_ms=int(time.time() * 1000) + self._kept_ms)

    async def mark(self, job_id: str) -> None:
        """What was put shall go with the job; to be called once the job is in the queue. Raises RedisUnavailable."""
        await mark_stored(self._pipeline, self._keys, job_id)

    async def forget(self, job_id: str) -> None:
        """The job did not come to be. What is left nevertheless goes when it expires."""
        with contextlib.suppress(DatabaseUnavailable):
            await self._store.delete([job_id])

    async def get(self, job_id: str, name: str) -> bytes:
        """Raises PayloadLost, DatabaseUnavailable."""
        data = await self._store.get(job_id, name)
        if data is None:
            raise PayloadLost(f"the {name.partition(':')[0]} of job {job_id} is not in {self._place} any more: ask again")
        return data

    async def sweep(self) -> int:
        """Forget what was kept of jobs that are forgotten; how many those were. Raises RedisUnavailable, DatabaseUnavailable."""
        gone = await take_gone(self._pipeline, self._keys)
        await self._store.delete(gone)
        return len(gone)

    async def sweep_for_ever(self) -> None:
        """What every main does in the background."""
        expiry = 0.0
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                while await self.sweep():
                    pass
                if time.monotonic() > expiry:
                    await self._store.delete_expired()
                    expiry = time.monotonic() + EXPIRY_SECONDS
            except FlowisectlError as error:
                log.debug("large payloads could not be swept: %s", error)
            except Exception:
                log.exception("large payloads could not be swept")
