"""What the web has of a prediction that was accepted: its events as they come, and its result.

Two submitters make one: `predictions.submitter` over the queue, `predictions.local` in the own process (MODE=main).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from flowisectl.predictions.callback import Callback
from flowisectl.predictions.job_status import JobStatus
from flowisectl.predictions.place import Place
from flowisectl.predictions.request import PredictionRequest, PredictionResult


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """How a prediction shall be accepted, beyond the request itself."""

    idempotency_key: str = ""
    """Requests with equal keys of one `caller` to one flow are one job."""
    caller: str = ""
    """What tells callers apart; a secret may be part of it, it is only ever hashed."""
    is_detached: bool = False
    """Nobody waits for it here: whoever wants the answer follows the job."""
    is_numbered: bool = False
    """The client wants the ids of events, to come back with the last one it got."""
    max_of_flow: int = 0
    """How many predictions of the flow may be live with this one; 0: no limit."""
    callback: Callback | None = None
    """Whom to tell the outcome. Kept with the job; with an `idempotency_key` the first request's counts."""


PLAIN = Acceptance()


class Submission(Protocol):
    job_id: str

    def events(self) -> AsyncIterator[list[bytes]]:
        """The run's events in order, each the JSON text `{"event": …, "data": …}`; every list is what has come since the last.

        Ends after the last event of the run; `end` is not among them, `metadata` and `error` are (the runner emits both,
        `error` with its final text). Raises DeadlinePassed, RedisUnavailable.
        """
        ...

    def numbered(self) -> AsyncIterator[list[tuple[str, bytes]]]:
        """As `events`, each with its id (`Acceptance.is_numbered`)."""
        ...

    async def result(self) -> PredictionResult:
        """How the run ended. Raises DeadlinePassed when QUEUE_WAIT_TIMEOUT passed, RedisUnavailable."""
        ...


@runtime_checkable
class HandingSubmission(Protocol):
    """A submission that can hand events on without waking whoever reads them: with many open streams that is half of the cost."""

    def hand_to(self, take: Callable[[list[bytes]], bool]) -> None:
        """While a reader waits for `events()`, `take` is given what has come, in order. What it does not take (False, and it has
        done nothing then) the reader gets; so it gets what comes last, whatever `take` says."""
        ...


class Submitter(Protocol):
    async def submit(self, request: PredictionRequest, acceptance: Acceptance = PLAIN) -> Submission:
        """Accept a prediction: it is stored (or running) when this returns.

        Raises QueueFull, RedisUnavailable, InvalidRequest for an idempotency key that was used for another request.
        """
        ...

    async def stop(self, flow_id: str, chat_id: str) -> int:
        """Stop every run of this chat, waiting or running, on whatever worker; gives how many there were."""
        ...

    async def stop_job(self, job_id: str) -> None:
        """Stop one run; one that has ended is left as it is. Raises JobNotFound, RedisUnavailable."""
        ...


class JobDesk(Protocol):
    """Answers for jobs that were accepted before, by whatever main."""

    async def job(self, job_id: str) -> JobStatus:
        """Raises JobNotFound, RedisUnavailable."""
        ...

    def follow(self, job_id: str, *, after: Place | None = None, error_prefix: str = "") -> Submission:
        """Its events after a place, and its result. What it gives raises JobNotFound, DeadlinePassed, RedisUnavailable."""
        ...

    async def stop_job(self, job_id: str) -> None:
        """Raises JobNotFound, RedisUnavailable."""
        ...
