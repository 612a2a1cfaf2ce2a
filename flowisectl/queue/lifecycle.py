"""One job's life as main and operators steer it: put in the queue, stopped, tried again, looked after when its worker is lost."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from config.settings import QueueSettings
from flowisectl.errors import InvalidRequest, JobNotFound, QueueFull, RedisUnavailable
from flowisectl.queue import steering_scripts as scripts
from flowisectl.queue.entrance import Entrance
from flowisectl.queue.keys import QueueKeys, chat_digest
from flowisectl.queue.retention import Retention
from flowisectl.redis_connection import Pipeline

LEASE_MS = 4000
"""How long a worker may be silent before its jobs are given to others."""
REAP_SECONDS = 0.5
STOPPED = "Flow execution was cancelled"
LIVE_STATES = ("queued", "running")

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to be queued. `request` is opaque to the queue."""

    id: str
    request: bytes
    flow_id: str
    chat_id: str
    reply: str = ""
    """The event stream on which its end is told."""
    max_of_flow: int = 0
    """How many jobs of its flow may be live with it; 0: no limit."""
    callback: str = ""
    """Whom to tell its outcome, sealed; opaque to the queue."""


@dataclass(frozen=True)
class KnownEnd:
    """What the queue knows of a job: its state, empty when the job is gone."""

    state: str
    run: int
    events: int
    error: str

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES


def new_job_id() -> str:
    """128 random bits: nobody can guess another's job."""
    return secrets.token_hex(16)


class Lifecycle:
    """The steps of jobs of one queue that do not belong to a worker."""

    def __init__(self, pipeline: Pipeline, keys: QueueKeys, settings: QueueSettings) -> None:
        self._pipeline = pipeline
        self._prefix = keys.prefix
        self._keys = keys
        self._max_attempts = settings.job_attempts
        self._max_waiting = settings.max_waiting
        self.entrance = Entrance(keys.queue)
        """Whoever gives a job up that Redis does not take says so there."""
        self._retention = Retention.from_settings(settings)

    async def enqueue(self, job: NewJob) -> bool:
        """Put a job at the end of the queue; false when it is there already. Raises QueueFull, RedisUnavailable."""
        chat_id = job.chat_id.encode("utf-8", "backslashreplace")[:200]
        digest = chat_digest(job.flow_id, job.chat_id)
        code = await scripts.ENQUEUE.run(
            self._pipeline,
            self._prefix,
            job.id,
            job.request,
            job.flow_id,
            chat_id,
            digest,
            job.reply,
            self._max_waiting,
            job.max_of_flow,
            job.callback,
        )
        if code == -1:
            self.entrance.is_full(self._max_waiting)
            raise QueueFull(f"{self._max_waiting:,} requests wait already (QUEUE_MAX_WAITING): try again in a moment")
        self.entrance.passed()
        if code == -2:
            raise QueueFull(f"{job.max_of_flow:,} requests to this flow are being answered: try again in a moment")
        return bool(code)

    async def stop(self, job_id: str, reason: str = STOPPED) -> str:
        """Stop a job: at once while it waits, by its worker while it runs. Gives its state before.

        Raises JobNotFound, RedisUnavailable.
        """
        state = await scripts.STOP.run(self._pipeline, self._prefix, job_id, reason)
        if state is None:
            raise JobNotFound(job_id)
        return str(state.decode())

    async def stop_chat(self, flow_id: str, chat_id: str, reason: str = STOPPED) -> int:
        """Stop every live job of a chat; gives how many there were. Raises RedisUnavailable."""
        return int(await scripts.STOP_CHAT.run(self._pipeline, self._prefix, chat_digest(flow_id, chat_id), reason))

    async def retry(self, job_id: str) -> None:
        """Queue an ended job again. Raises JobNotFound, InvalidRequest for a live one, RedisUnavailable."""
        state = await scripts.RETRY.run(self._pipeline, self._prefix, job_id)
        if state is None:
            raise JobNotFound(job_id)
        if state.decode() in LIVE_STATES:
            raise InvalidRequest(f"job {job_id} is {state.decode()}: only a job that has ended can be tried again")

    async def ends(self, job_ids: Sequence[str]) -> list[KnownEnd]:
        """What has become of these jobs, in order, by one call. Raises RedisUnavailable."""
        if not job_ids:
            return []
        rows = await scripts.ENDS.run(self._pipeline, self._prefix, *job_ids)
        return [KnownEnd(row[0].decode(), int(row[1]), int(row[2]), row[3].decode("utf-8", "replace")) for row in rows]

    async def result(self, job_id: str) -> bytes:
        """What the worker stored, empty while there is nothing. Raises RedisUnavailable."""
        return await self._pipeline.execute("HGET", self._keys.job(job_id), "result") or b""

    async def reap(self) -> tuple[list[str], list[str]]:
        """Take the jobs of lost workers: the ids put back, and those set aside as dead. Raises RedisUnavailable."""
        back, dead = await scripts.REAP.run(self._pipeline, self._prefix, LEASE_MS, self._max_attempts, *self._retention.arguments)
        return [job_id.decode() for job_id in back], [job_id.decode() for job_id in dead]

    async def reap_for_ever(self) -> None:
        """What every main and every worker does in the background, so that one of them is enough."""
        while True:
            await asyncio.sleep(REAP_SECONDS)
            try:
                back, dead = await self.reap()
            except RedisUnavailable as error:
                log.debug("leases could not be looked at: %s", error)
                continue
            except Exception:
                log.exception("leases could not be looked at")
                continue
            if back:
                log.warning("%d jobs of lost workers were put back: %s", len(back), ", ".join(back[:10]))
            for job_id in dead:
                log.error("job %s was set aside: its workers were lost too often", job_id)
