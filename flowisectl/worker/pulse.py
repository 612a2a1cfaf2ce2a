"""A worker's second heart: a thread that keeps the lease while user code or a large document keeps the event loop busy.

It has a connection of its own and beats only when the loop is late. A loop that does not come back at all is stuck, not
busy: then the thread lets the lease end, says what the loop is doing, and ends the process, so that its jobs go on elsewhere
and whoever supervises it starts another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from flowisectl.queue.claim_scripts import BEAT
from flowisectl.queue.claims import LOST, WorkerClaims, now
from flowisectl.redis_connection.blocking import blocking_twin

TICK_SECONDS = 0.25
LATE_SECONDS = 1.25
"""Without a tick of the loop for so long, the thread beats."""
STUCK_SECONDS = 60.0
EXIT_STATUS = 70

log = logging.getLogger(__name__)


class Pulse:
    def __init__(self, redis: Redis, claims: Callable[[], WorkerClaims], *, stuck_seconds: float = STUCK_SECONDS) -> None:
        """`claims` gives the lease that is held at the moment."""
        self.about = b"{}"
        """What the worker said of itself last."""
        self.beats = 0
        """How often the thread has kept the lease."""
        self.on_stuck: Callable[[], None] = _end_process
        self._redis = redis
        self._claims = claims
        self._stuck_seconds = stuck_seconds
        self._tick_at = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._timer: asyncio.TimerHandle | None = None
        self._loop_thread = 0

    def start(self) -> None:
        """Begin; to be called in the loop that is watched."""
        self._loop_thread = threading.get_ident()
        self._tick(asyncio.get_running_loop())
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._tick_at = time.monotonic()
        self._timer = loop.call_later(TICK_SECONDS, self._tick, loop)

    def _run(self) -> None:
        with contextlib.closing(blocking_twin(self._redis)) as client:
            awake_at = resumed_at = time.monotonic()
            while not self._stop.wait(TICK_SECONDS):
                slept_at, awake_at = awake_at, time.monotonic()
                if awake_at - slept_at > self._stuck_seconds:
                    # This thread stood still as well: the process was paused, or its machine; the loop has all its time again.
                    resumed_at = awake_at
                late = awake_at - self._tick_at
                if awake_at - max(self._tick_at, resumed_at) > self._stuck_seconds:
                    log.critical("the event loop has been stuck for %.0f s; this worker ends. It was doing:\n%s", late, self._doing())
                    self.on_stuck()
                    return
                if late > LATE_SECONDS:
                    self._beat(client)

    def _beat(self, client: object) -> None:
        claims = self._claims()
        sent = now()
        about = orjson.dumps({**orjson.loads(self.about), "state": "blocked"})
        try:
            reply = client.eval(BEAT.text, 0, *claims.beat_arguments(about))  # type: ignore[attr-defined]
        except (RedisError, OSError) as error:
            log.debug("the lease could not be lengthened while the loop is busy: %s", error)
            return
        if reply != LOST:
            claims.was_held(sent)
            self.beats += 1
            self._stop.wait(LATE_SECONDS / 2)

    def _doing(self) -> str:
        frame = sys._current_frames().get(self._loop_thread)
        return "".join(traceback.format_stack(frame)[-8:]) if frame is not None else "unknown"


def _end_process() -> None:
    os._exit(EXIT_STATUS)
