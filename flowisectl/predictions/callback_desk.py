"""Tells outcomes out of the outbox. Every main and every worker does, so it matters to none of them who had accepted the job."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.database.connection import Database
from flowisectl.errors import FlowisectlError, RedisUnavailable
from flowisectl.events.wire import to_json
from flowisectl.interfaces.http import HttpClient
from flowisectl.predictions.callback import CallbackFailed, CallbackRefused, from_fields, outcome_of, tell
from flowisectl.predictions.large import whole_result
from flowisectl.predictions.request import PredictionResult
from flowisectl.queue.callbacks import DueCallback, Outbox
from flowisectl.queue.keys import QueueKeys
from flowisectl.redis_connection import Pipeline
from flowisectl.runs.payloads import PayloadLost, Payloads

LOOK_SECONDS = 0.5
PAUSES_SECONDS = (3.0, 6.0, 30.0, 120.0, 600.0, 1800.0)
"""After each try that failed. Then it is given up."""
OPEN_CALLS = 20

log = logging.getLogger(__name__)


class CallbackDesk:
    def __init__(
        self,
        outbox: Outbox,
        client: HttpClient,
        unseal: Callable[[str], Mapping[str, Any]],
        payloads: Payloads | None = None,
        *,
        pauses: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        """`client` refuses what the deny list has; `unseal` opens what came with a job."""
        self._outbox = outbox
        self._client = client
        self._unseal = unseal
        self._payloads = payloads
        self._pauses = pauses
        self._calls: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Tell what is due, until cancelled; calls that are open then are cut off, and another process makes them again."""
        try:
            while True:
                try:
                    due = await self._outbox.take() if len(self._calls) < OPEN_CALLS else []
                except RedisUnavailable as error:
                    log.debug("the outbox cannot be read: %s", error)
                    due = []
                for callback in due:
                    task = asyncio.create_task(self._settle(callback), name=f"callback-{callback.job_id}")
                    self._calls.add(task)
                    task.add_done_callback(self._calls.discard)
                if not due:
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in list(self._calls):
                task.cancel()
            if self._calls:
                await asyncio.wait(list(self._calls))

    async def _settle(self, due: DueCallback) -> None:
        try:
            await self._tell(due)
            await self._outbox.settle(due.job_id)
        except CallbackRefused as error:
            log.warning("job %s: its callback was refused: %s", due.job_id, error)
            await self._quietly_settle(due.job_id)
        except CallbackFailed as error:
            await self._again(due, str(error))
        except FlowisectlError as error:  # Redis or the database is away: the lease ends, and somebody tries again
            log.warning("job %s: its callback has to wait: %s", due.job_id, error)
        except Exception:
            log.exception("job %s: its callback cannot be made", due.job_id)

    async def _tell(self, due: DueCallback) -> None:
        wanted = from_fields(self._unseal(due.to))
        if wanted is None:
            raise CallbackFailed("this process has another encryption key than the one that accepted it")
        callback, chat_id = wanted
        try:
            if due.result:
                result = await whole_result(PredictionResult.from_bytes(due.result, due.job_id), due.job_id, self._payloads)
            else:
                result = PredictionResult.without_worker(due.job_id, due.state, due.error)
        except PayloadLost as error:
            result = PredictionResult(error=error.message, status=500)
        await tell(callback, to_json(outcome_of(chat_id, result)), self._client)

    async def _again(self, due: DueCallback, reason: str) -> None:
        try:
            if due.tries > len(self._pauses):
                log.warning("job %s: its callback was tried %d times without success, the last time: %s", due.job_id, due.tries, reason)
                await self._outbox.settle(due.job_id)
            else:
                await self._outbox.put_off(due.job_id, self._pauses[due.tries - 1])
        except RedisUnavailable as error:
            log.debug("job %s: its callback comes again when its lease ends: %s", due.job_id, error)

    async def _quietly_settle(self, job_id: str) -> None:
        try:
            await self._outbox.settle(job_id)
        except RedisUnavailable as error:
            log.debug("job %s: its callback stays until its lease ends: %s", job_id, error)


@asynccontextmanager
async def open_callback_desk(
    redis: Redis, settings: QueueSettings, database: Database, client: HttpClient, unseal: Callable[[str], Mapping[str, Any]]
) -> AsyncIterator[None]:
    """Tell outcomes for the time of the block."""
    pipeline, keys = Pipeline(redis), QueueKeys(settings.name, "prediction")
    desk = CallbackDesk(Outbox(pipeline, keys), client, unseal, Payloads(database, pipeline, keys, settings))
    task = asyncio.create_task(desk.run(), name="callback-desk")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await pipeline.aclose()
