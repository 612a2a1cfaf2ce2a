"""What a worker says of itself with each beat; `queue.summary.worker_summary` reads it."""

from __future__ import annotations

import asyncio
from typing import Protocol

import orjson

from flowisectl.observability.memory import resident_bytes


class Beating(Protocol):
    """What is told of a worker."""

    event: asyncio.Event
    """Set once it takes nothing new."""
    concurrency: int
    version: str
    started_ms: int
    health_port: int
    finished: int

    @property
    def busy(self) -> int: ...


def about(worker: Beating) -> bytes:
    """JSON; memory in bytes, times in epoch ms."""
    return orjson.dumps(
        {
            "state": "draining" if worker.event.is_set() else "taking",
            "busy": worker.busy,
            "capacity": worker.concurrency,
            "rss": resident_bytes(),
            "version": worker.version,
            "started": worker.started_ms,
            "health_port": worker.health_port,
            "finished": worker.finished,
        }
    )
