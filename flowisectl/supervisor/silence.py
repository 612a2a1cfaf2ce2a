"""Tells when a role that runs has fallen silent: frozen, not busy, for whatever serves the question is a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often a role is asked, and how often in a row it may say nothing.

    Times are not measured, answers are counted: where the whole machine has slept, a role gets to answer before it is given up.
    """

    every_seconds: float = 1.0
    misses: int = 5

    def __post_init__(self) -> None:
        if self.misses < 1:
            raise ValueError(f"misses={self.misses}: a role must be given a chance to answer")


async def until_silent(is_alive: Callable[[], Awaitable[bool]], patience: Patience) -> None:
    """Return when a role has not answered so many times in a row, after it has answered at least once."""
    missed, has_answered = 0, False
    while missed < patience.misses:
        await asyncio.sleep(patience.every_seconds)
        if await is_alive():
            missed, has_answered = 0, True
        elif has_answered:
            missed += 1
