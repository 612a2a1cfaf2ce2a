"""A prediction that waits or runs in the queue, as the main that accepted it has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from flowisectl.events.buffer import JobBuffer
from flowisectl.predictions.large import whole_result
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

    def events(self) -> AsyncIterator[list[bytes]]:
        return self._buffer.batches()

    async def numbered(self) -> AsyncIterator[list[tuple[str, bytes]]]:
        async for batch in self._buffer.batches():
            yield list(zip(self._buffer.given_ids, batch, strict=True))

    async def result(self) -> PredictionResult:
        end = await asyncio.shield(self._buffer.ended)
        data = end.result
        if not data and not end.is_from_elsewhere:
            data = await self._lifecycle.result(self.job_id)
        if data:
            return await whole_result(PredictionResult.from_bytes(data), self.job_id, self._payloads)
        return PredictionResult.without_worker(self.job_id, end.state, end.error)
