"""Who watches the webhook calls of a flow, and which runs such calls began: so that an editor can show a call while it is tried."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from flowisectl.errors import RedisUnavailable
from flowisectl.predictions.request import PredictionResult
from flowisectl.predictions.submission import JobDesk, Submission

LIFETIME_SECONDS = 120.0
"""A listener that nobody has kept alive for so long is forgotten."""
LOOK_SECONDS = 0.2
MAX_RUNS = 100
MAX_LISTENERS = 20
"""Of one flow; the oldest go first."""

Run = tuple[str, Submission]
"""The id of the chat, and what the run does."""


class WebhookListeners(Protocol):
    """Raises RedisUnavailable where listeners live in Redis."""

    async def register(self, flow_id: str) -> str:
        """A new listener's id."""
        ...

    async def keep(self, flow_id: str, listener_id: str) -> bool:
        """Prolong a listener's life; False for one that is not known."""
        ...

    async def drop(self, flow_id: str, listener_id: str) -> None: ...

    async def is_heard(self, flow_id: str) -> bool:
        """Whether anybody listens to the flow."""
        ...

    async def tell(self, flow_id: str, chat_id: str, submission: Submission) -> Submission:
        """A call began a run; gives the submission to go on with."""
        ...

    async def runs(self, flow_id: str) -> AsyncIterator[Run]:
        """The runs that begin from now on, for ever. No run is missed that begins after this has returned."""
        ...


def new_listener_id() -> str:
    return f"wh-listener-{uuid.uuid4()}"


class LocalListeners:
    """Listeners and runs of one process (MODE=main)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, dict[str, float]] = {}
        """Flow id → listener id → end of its life."""
        self._queues: dict[str, set[asyncio.Queue[Run]]] = {}

    async def register(self, flow_id: str) -> str:
        listener_id = new_listener_id()
        listeners = self._live(flow_id)
        while len(listeners) >= MAX_LISTENERS:
            del listeners[next(iter(listeners))]
        listeners[listener_id] = self._clock() + LIFETIME_SECONDS
        return listener_id

    async def keep(self, flow_id: str, listener_id: str) -> bool:
        listeners = self._live(flow_id)
        if listener_id not in listeners:
            return False
        listeners[listener_id] = self._clock() + LIFETIME_SECONDS
        return True

    async def drop(self, flow_id: str, listener_id: str) -> None:
        self._live(flow_id).pop(listener_id, None)

    async def is_heard(self, flow_id: str) -> bool:
        return bool(self._until.get(flow_id) and self._live(flow_id))

    async def tell(self, flow_id: str, chat_id: str, submission: Submission) -> Submission:
        shared = SharedSubmission(submission)
        for queue in self._queues.get(flow_id, ()):
            queue.put_nowait((chat_id, shared))
        return shared

    async def runs(self, flow_id: str) -> AsyncIterator[Run]:
        queue: asyncio.Queue[Run] = asyncio.Queue()
        self._queues.setdefault(flow_id, set()).add(queue)
        return self._runs(flow_id, queue)

    async def _runs(self, flow_id: str, queue: asyncio.Queue[Run]) -> AsyncIterator[Run]:
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues[flow_id].discard(queue)

    def _live(self, flow_id: str) -> dict[str, float]:
        now, listeners = self._clock(), self._until.setdefault(flow_id, {})
        for listener_id in [item for item, until in listeners.items() if until <= now]:
            del listeners[listener_id]
        return listeners


class SharedSubmission:
    """A submission whose events several may read, each from the first on."""

    def __init__(self, submission: Submission) -> None:
        self.job_id = submission.job_id
        self._submission = submission
        self._batches: deque[list[bytes]] = deque()
        self._changed = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def events(self) -> AsyncIterator[list[bytes]]:
        if self._pump is None:
            self._pump = asyncio.create_task(self._read())
        place = 0
        while True:
            while place < len(self._batches):
                place += 1
                yield self._batches[place - 1]
            if self._pump.done():
                self._pump.result()
                return
            await self._changed.wait()

    async def _read(self) -> None:
        try:
            async for batch in self._submission.events():
                self._batches.append(batch)
                self._wake()
        finally:
            asyncio.get_running_loop().call_soon(self._wake)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def numbered(self) -> AsyncIterator[list[tuple[str, bytes]]]:
        async for batch in self.events():
            yield [("", event) for event in batch]

    async def result(self) -> PredictionResult:
        return await self._submission.result()


class RedisListeners:
    """Listeners and runs that all mains share (MODE=queue); a run is followed by its job's id, whichever main took the call."""

    def __init__(self, redis: Redis, jobs: JobDesk, *, prefix: str, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._jobs = jobs
        self._prefix = prefix
        self._clock = clock

    async def register(self, flow_id: str) -> str:
        listener_id = new_listener_id()
        await self._add(flow_id, listener_id)
        return listener_id

    async def keep(self, flow_id: str, listener_id: str) -> bool:
        try:
            until = await self._redis.zscore(self._listeners(flow_id), listener_id)
        except RedisError as error:
            raise _unavailable(error) from error
        if until is None or float(until) <= self._clock():
            return False
        await self._add(flow_id, listener_id)
        return True

    async def drop(self, flow_id: str, listener_id: str) -> None:
        try:
            await self._redis.zrem(self._listeners(flow_id), listener_id)
        except RedisError as error:
            raise _unavailable(error) from error

    async def is_heard(self, flow_id: str) -> bool:
        try:
            return bool(await self._redis.zcount(self._listeners(flow_id), self._clock(), "+inf"))
        except RedisError as error:
            raise _unavailable(error) from error

    async def tell(self, flow_id: str, chat_id: str, submission: Submission) -> Submission:
        key = self._runs(flow_id)
        try:
            async with self._redis.pipeline(transaction=True) as batch:
                batch.xadd(key, {"job": submission.job_id, "chat": chat_id}, maxlen=MAX_RUNS, approximate=False)
                batch.expire(key, int(LIFETIME_SECONDS))
                await batch.execute()
        except RedisError as error:
            raise _unavailable(error) from error
        return submission

    async def runs(self, flow_id: str) -> AsyncIterator[Run]:
        try:
            latest = await self._redis.xrevrange(self._runs(flow_id), count=1)
        except RedisError as error:
            raise _unavailable(error) from error
        return self._after(flow_id, _text(latest[0][0]) if latest else "0-0")

    async def _after(self, flow_id: str, place: str) -> AsyncIterator[Run]:
        key = self._runs(flow_id)
        try:
            while True:
                for entry, fields in await self._redis.xrange(key, min=f"({place}", count=MAX_RUNS):
                    place = _text(entry)
                    told = {_text(name): _text(value) for name, value in fields.items()}
                    yield told["chat"], self._jobs.follow(told["job"])
                await asyncio.sleep(LOOK_SECONDS)
        except RedisError as error:
            raise _unavailable(error) from error

    async def _add(self, flow_id: str, listener_id: str) -> None:
        key = self._listeners(flow_id)
        try:
            async with self._redis.pipeline(transaction=True) as batch:
                batch.zadd(key, {listener_id: self._clock() + LIFETIME_SECONDS})
                batch.zremrangebyrank(key, 0, -MAX_LISTENERS - 1)
                batch.expire(key, int(LIFETIME_SECONDS))
                await batch.execute()
        except RedisError as error:
            raise _unavailable(error) from error

    def _listeners(self, flow_id: str) -> str:
        return f"{self._prefix}:wh-listener:{flow_id}"

    def _runs(self, flow_id: str) -> str:
        return f"{self._prefix}:wh-runs:{flow_id}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _unavailable(error: RedisError) -> RedisUnavailable:
    return RedisUnavailable(f"Redis, where webhook listeners are kept, does not answer ({error}); check that it is running and try again")
