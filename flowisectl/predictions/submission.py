"""What the web has of a prediction that was accepted: its events as they come, and its result.

Two submitters make one: `predictions.submitter` over the queue, `predictions.local` in the own process (MODE=main).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from flowisectl.predictions.request import PredictionRequest, PredictionResult


class Submission(Protocol):
    job_id: str

    def events(self) -> AsyncIterator[list[bytes]]:
        """The run's events in order, each the JSON text `{"event": …, "data": …}`; every list is what has come since the last.

        Ends after the last event of the run; `end` is not among them, `metadata` and `error` are (the runner emits both,
        `error` with its final text). Raises DeadlinePassed, RedisUnavailable.
        """
        ...

    async def result(self) -> PredictionResult:
        """How the run ended. Raises DeadlinePassed when QUEUE_WAIT_TIMEOUT passed, RedisUnavailable."""
        ...


class Submitter(Protocol):
    async def submit(self, request: PredictionRequest) -> Submission:
        """Accept a prediction: it is stored (or running) when this returns. Raises RedisUnavailable."""
        ...

    async def stop(self, flow_id: str, chat_id: str) -> int:
        """Stop every run of this chat, waiting or running, on whatever worker; gives how many there were."""
        ...
