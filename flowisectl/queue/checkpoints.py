"""What running jobs have finished so far, kept in the job's hash for the attempt that may come after a lost worker's."""

from __future__ import annotations

import asyncio
import logging
import zlib

from flowisectl.errors import RedisUnavailable
from flowisectl.queue.keys import QueueKeys
from flowisectl.redis_connection import Pipeline, Script

MAX_BYTES = 1024 * 1024
"""Of one checkpoint, as it is stored. A larger one is not kept, and the one before it stays."""
PACK_ABOVE_BYTES = 16 * 1024
PATIENCE_SECONDS = 0.5
"""How long a run waits for its checkpoint when Redis is away; it then goes on without."""
_PLAIN, _PACKED = b"j", b"z"

log = logging.getLogger(__name__)

KEEP = Script("""
#!lua
-- Keep checkpoints of running jobs: id, run, checkpoint of each. Those that are not this worker's any more are left out.
local P, worker = ARGV[1], ARGV[2]
for i = 3, #ARGV, 3 do
  local key = P .. 'job:' .. ARGV[i]
  local f = redis.call('HMGET', key, 'runs', 'worker', 'state')
  if f[1] == ARGV[i + 1] and f[2] == worker and f[3] == 'running' then redis.call('HSET', key, 'checkpoint', ARGV[i + 2]) end
end
""")


class Checkpoints:
    """Of all the jobs under one lease. While a write is under way what else comes gathers for the next; of one job only the
    newest is written."""

    def __init__(self, pipeline: Pipeline, keys: QueueKeys, worker_id: str) -> None:
        self._pipeline = pipeline
        self._keys = keys
        self._worker_id = worker_id
        self._waiting: dict[tuple[str, int], bytes] = {}
        self._written: asyncio.Event | None = None
        self._is_slow = False
        """The write under way takes longer than anybody shall wait."""
        self._task: asyncio.Task[None] | None = None

    async def load(self, job_id: str) -> bytes:
        """What an earlier attempt kept, empty when it kept nothing. Raises RedisUnavailable."""
        stored: bytes = await self._pipeline.execute("HGET", self._keys.job(job_id), "checkpoint") or b""
        return zlib.decompress(stored[1:]) if stored[:1] == _PACKED else stored[1:]

    async def save(self, job_id: str, run: int, data: bytes) -> bool:
        """Keep this; false for too much. Returns when it is kept, or when Redis does not answer soon."""
        stored = _PACKED + zlib.compress(data, 1) if len(data) > PACK_ABOVE_BYTES else _PLAIN + data
        if len(stored) > MAX_BYTES:
            return False
        self._waiting[job_id, run] = stored
        if self._written is None:
            self._written = asyncio.Event()
        if self._task is None:
            self._task = asyncio.create_task(self._write_all(), name="checkpoints")
        if not self._is_slow:
            await self._written.wait()
        return True

    def _lose_patience(self, written: asyncio.Event) -> None:
        self._is_slow = True
        written.set()
        if self._written is not None:
            self._written.set()

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch, written = self._waiting, self._written or asyncio.Event()
                self._waiting, self._written = {}, None
                flat = [value for (job_id, run), data in batch.items() for value in (job_id, run, data)]
                patience = loop.call_later(PATIENCE_SECONDS, self._lose_patience, written)
                try:
                    await KEEP.run(self._pipeline, self._keys.prefix, self._worker_id, *flat)
                except RedisUnavailable as error:
                    log.warning("%d checkpoints were not kept: %s", len(batch), error)
                finally:
                    patience.cancel()
                    self._is_slow = False
                    written.set()
        finally:
            self._task = None
            if self._written is not None:  # of a cancelled task: nobody shall wait for it
                self._written.set()
