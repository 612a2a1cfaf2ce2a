"""A prediction that waits or runs in the queue, as the main that accepted it has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from flowisectl.events.buffer import JobBuffer
from flowisectl.events.wire import has_kept
from flowisectl.predictions.large import whole_events, whole_result
from flowisectl.predictions.request import PredictionResult
from flowisectl.queue.lifecycle import Lifecycle
from flowisectl.runs.payloads import Payloads


class QueuedPrediction:
    """`predictions.submission.Submission` of a job in the queue."""

    def __init__(self, job_id: str, buffer: JobBuffer, lifecycle: Lifecycle, payloads: Payloads | None = None) -> None:
        self._payloads = payloads
        self.job_id = job_id
        self._buffer = buffer
        self._lifecycle = lifecycle

    async def events(self) -> AsyncIterator[list[bytes]]:
        async with aclosing(self._buffer.batches()) as batches:
            async for batch in batches:
                yield await self._whole(batch) if has_kept(batch) else batch

    def hand_to(self, take: Callable[[list[bytes]], bool]) -> None:
        if not self._buffer.is_numbered:
            self._buffer.hand_to(lambda events: not has_kept(events) and take(events))

    async def numbered(self) -> AsyncIterator[list[tuple[str, bytes]]]:
        async with aclosing(self._buffer.batches()) as batches:
            async for batch in batches:
                ids = self._buffer.given_ids
                yield list(zip(ids, await self._whole(batch), strict=True))

    async def _whole(self, batch: list[bytes]) -> list[bytes]:
        return await whole_events(batch, self.job_id, self._payloads)

    async def result(self) -> PredictionResult:
        end = await asyncio.shield(self._buffer.ended)
        data = end.result
        if not data and not end.is_from_elsewhere:
            data = await self._lifecycle.result(self.job_id)
        if data:
            return await whole_result(PredictionResult.from_bytes(data, self.job_id), self.job_id, self._payloads)
        return PredictionResult.without_worker(self.job_id, end.state, end.error)
