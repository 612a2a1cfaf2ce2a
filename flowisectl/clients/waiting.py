"""Waiting for work that a service does in its own time: ask again until it is done, within a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from flowisectl.errors import ProviderError

T = TypeVar("T")
LONGEST_SECONDS = 600.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0


async def when_done(ask: Callable[[], Awaitable[T | None]], *, provider: str, what: str, seconds: float = LONGEST_SECONDS) -> T:
    """What `ask` gives once it is not None. Pauses grow from half a second to five. Raises ProviderError after `seconds`."""
    pause = FIRST_PAUSE
    try:
        async with asyncio.timeout(seconds):
            while (answer := await ask()) is None:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, LONGEST_PAUSE)
    except TimeoutError as error:
        raise ProviderError(f"{provider}: {what} was not done within {seconds:g} s", provider=provider) from error
    return answer
