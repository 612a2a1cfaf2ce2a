"""A job that somebody comes back to: its events from the job's own log, then as they come, and its result, from any main."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson

from flowisectl.errors import DeadlinePassed, JobNotFound
from flowisectl.events.wire import RETRY_EVENT, error_event, to_json
from flowisectl.predictions.large import whole_events, whole_result
from flowisectl.predictions.messages import metadata_of
from flowisectl.predictions.place import Place
from flowisectl.predictions.request import PredictionResult
from flowisectl.queue.keys import QueueKeys
from flowisectl.queue.lifecycle import KnownEnd, Lifecycle
from flowisectl.redis_connection import Pipeline
from flowisectl.runs.payloads import Payloads

LOOK_SECONDS = 0.1
MAX_PLACE = 10**9


Numbered = tuple[str, bytes]
"""An event's id and its JSON."""


class FollowedPrediction:
    """`predictions.submission.Submission` of a job that was accepted before, here or by another main."""

    def __init__(
        self,
        pipeline: Pipeline,
        keys: QueueKeys,
        lifecycle: Lifecycle,
        job_id: str,
        *,
        after: Place | None = None,
        wait_seconds: float,
        error_prefix: str = "",
        payloads: Payloads | None = None,
    ) -> None:
        self._payloads = payloads
        self.job_id = job_id
        self._pipeline = pipeline
        self._keys = keys
        self._lifecycle = lifecycle
        self._after = after
        self._wait_seconds = wait_seconds
        self._error_prefix = error_prefix

    async def events(self) -> AsyncIterator[list[bytes]]:
        async for batch in self.numbered():
            yield [event for _, event in batch]

    async def numbered(self) -> AsyncIterator[list[Numbered]]:
        """The events after the place, in order, each once; a `retry` event when another run's come instead.

        A job whose log is gone gives its result as events. Raises JobNotFound, DeadlinePassed, RedisUnavailable.
        """
        place = self._after or Place(run=0, number=0)
        has_seen = self._after is not None
        offset = lines = 0
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        while True:
            known = await self._known()
            batch: list[Numbered] = []
            if known.run != place.run and known.run:
                if has_seen and place.run:
                    batch.append((str(Place(run=known.run, number=0)), RETRY_EVENT))
                place, offset, lines = Place(run=known.run, number=0), 0, 0
            text = await self._log(place.run, offset)
            offset += len(text)
            for line in text.splitlines():
                lines += 1
                if lines > place.number:
                    place = Place(run=place.run, number=lines)
                    batch.append((str(place), line))
            if batch:
                has_seen = True
                events = await whole_events([event for _, event in batch], self.job_id, self._payloads)
                yield [(told, event) for (told, _), event in zip(batch, events, strict=True)]
            if not known.is_live:
                if rest := await self._closing(known, place, lines, has_seen):
                    yield rest
                return
            if asyncio.get_running_loop().time() > deadline:
                raise DeadlinePassed(f"job {self.job_id} has not ended within {self._wait_seconds:g} s (QUEUE_WAIT_TIMEOUT); it goes on")
            await asyncio.sleep(LOOK_SECONDS)

    async def result(self) -> PredictionResult:
        """How the job ended. Raises JobNotFound, DeadlinePassed, RedisUnavailable."""
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        while (known := await self._known()).is_live:
            if asyncio.get_running_loop().time() > deadline:
                raise DeadlinePassed(f"job {self.job_id} has not ended within {self._wait_seconds:g} s (QUEUE_WAIT_TIMEOUT); it goes on")
            await asyncio.sleep(LOOK_SECONDS)
        return await self._result(known)

    async def _known(self) -> KnownEnd:
        known = (await self._lifecycle.ends([self.job_id]))[0]
        if not known.state:
            raise JobNotFound(self.job_id)
        return known

    async def _log(self, run: int, offset: int) -> bytes:
        """What was written to the log since; lines are whole, they are appended at once."""
        if not run:
            return b""
        text: bytes = await self._pipeline.execute("GETRANGE", self._keys[f"log:{self.job_id}:{run}"], offset, -1)
        return text

    async def _result(self, known: KnownEnd) -> PredictionResult:
        data = await self._lifecycle.result(self.job_id)
        if not data:
            return PredictionResult.without_worker(self.job_id, known.state, known.error)
        return await whole_result(PredictionResult.from_bytes(data, self.job_id), self.job_id, self._payloads)

    async def _closing(self, known: KnownEnd, place: Place, lines: int, has_seen: bool) -> list[Numbered]:
        """What the log does not have of a job that has ended: nothing, its last event, or everything."""
        result = await self._result(known)
        if known.events < 0:  # no worker ended it, so none told why
            return [(str(Place(run=place.run, number=place.number + 1)), error_event(self._error_prefix + result.error))]
        if known.events and max(lines, place.number) >= known.events:
            return []
        events = [*_as_events(result, self._error_prefix)]
        if has_seen:
            events.insert(0, RETRY_EVENT)
        ended = str(Place(run=known.run, number=min(MAX_PLACE, max(known.events, place.number) + 1)))
        return [(ended, event) for event in events]


def _as_events(result: PredictionResult, error_prefix: str) -> list[bytes]:
    """A result as the events that a client needs to show it."""
    if not result.is_ok:
        return [error_event(error_prefix + result.error)]
    body = orjson.loads(result.body)
    events = []
    if isinstance(body, dict):
        text = body.get("text")
        if isinstance(text, str) and text:
            events.append(to_json({"event": "token", "data": text}))
        if metadata := metadata_of(body):
            events.append(to_json({"event": "metadata", "data": metadata}))
    return events
