"""One drill under way: the stack that it disturbs, its clients, its verdict.

Each drill can be told to break its promise itself (`Drill.breaks`): the self-test does so and must see it caught.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from chaosdrills.client import Asked, Client
from chaosdrills.ledger import Verdict
from chaosdrills.processes import Process, Stack

LATE_SECONDS = 10.0
"""A disturbed request is answered within so long of the disturbance."""

BACK_SECONDS = 5.0


@dataclass(kw_only=True)
class Drill:
    """One drill under way."""

    stack: Stack
    client: Client
    verdict: Verdict
    is_quick: bool
    breaks: bool = False
    mark: float = field(default_factory=time.monotonic)

    def disturb(self) -> None:
        self.mark = time.monotonic()

    async def judge(self, *, may_fail: bool = False) -> None:
        for one in self.client.asked:
            one.has_run = bool(self.stack.model.calls[one.id])
        chats = {one.chat for one in self.client.asked}
        rows = [row for row in await self.stack.rows() if row[0] in chats]
        self.verdict.count(self.client.asked, rows, may_fail=may_fail)

    async def until_answered(self, flow: str = "function", main: Process | None = None, limit: float = 30.0) -> float:
        """Seconds from the disturbance until a new request is answered."""
        while True:
            probe = self.client.ask(flow, main=main)
            await self.client.done(probe)
            self.client.asked.remove(probe)
            took = time.monotonic() - self.mark
            if probe.is_answered or took > limit:
                return took
            await asyncio.sleep(0.05)

    def late(self, *asked: Asked) -> list[float]:
        return [one.ended - self.mark for one in asked if one.ended > self.mark]
