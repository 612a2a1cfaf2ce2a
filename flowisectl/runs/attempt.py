"""One attempt at a job, as the run sees it: whether it still counts, and what an earlier one has left."""

from __future__ import annotations

import asyncio
from typing import Protocol

from flowisectl.engine.context import Checkpoint, NoCheckpoint


class AttemptLost(asyncio.CancelledError):
    """Another attempt has the job: this one may write nothing more, and ends as if it were cancelled."""


class Attempt(Protocol):
    @property
    def checkpoint(self) -> Checkpoint: ...

    async def confirm(self) -> None:
        """Return while this attempt is the one that counts; called before every write to the database. Raises AttemptLost."""
        ...


class OnlyAttempt:
    """For runs that nobody else can be given: MODE=main, and tests."""

    checkpoint: Checkpoint = NoCheckpoint()

    async def confirm(self) -> None:
        return None
