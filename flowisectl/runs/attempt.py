"""One attempt at a job, as the run sees it: whether it still counts, and what an earlier one has left."""

from __future__ import annotations

import asyncio
from typing import Protocol

from flowisectl.database.attempt import Fence, overtake
from flowisectl.database.connection import Database
from flowisectl.engine.context import Checkpoint, NoCheckpoint
from flowisectl.runs.outage import through_outage


class AttemptLost(asyncio.CancelledError):
    """Another attempt has the job: this one may write nothing more, and ends as if it were cancelled."""


class Attempt(Protocol):
    @property
    def checkpoint(self) -> Checkpoint: ...

    @property
    def fence(self) -> Fence | None:
        """What the run shows with every write, so that the database itself refuses one that was overtaken meanwhile."""
        ...

    async def confirm(self) -> None:
        """Return while this attempt is the one that counts; called before every write to the database. Raises AttemptLost.

        It saves the work of writing in vain; what keeps such a write out is the fence.
        """
        ...


class OnlyAttempt:
    """For runs that nobody else can be given: MODE=main, and tests."""

    checkpoint: Checkpoint = NoCheckpoint()
    fence: Fence | None = None

    async def confirm(self) -> None:
        return None


class NestedAttempt:
    """The same attempt for a flow that another flow runs: it may write as long as its parent may, but keeps nothing to go on from."""

    checkpoint: Checkpoint = NoCheckpoint()

    def __init__(self, parent: Attempt) -> None:
        self._parent = parent
        self.fence = parent.fence
        self.depth: int = parent.depth + 1 if isinstance(parent, NestedAttempt) else 1
        """How many flows stand above the one that runs."""

    async def confirm(self) -> None:
        await self._parent.confirm()


async def begin_attempt(database: Database, attempt: Attempt) -> None:
    """What a run does first: one that is not its job's first fences the others off. Waits for a database that is away."""
    fence = attempt.fence
    if fence is not None and fence.run > 1:
        await through_outage(lambda: overtake(database, fence))
