"""Work that keeps a thread busy for long, beside a loop that must go on: parsing a file, splitting its text."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

SWITCH_SECONDS = 0.0001
"""How long the loop waits at most for such a thread to let go of the interpreter. Python's own 5 ms are waited each time that the loop
comes back from its sockets, so several times within one prediction."""

_lock = threading.Lock()
_busy = 0
_usual = 0.0


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` gives; it runs in a thread, and others are hardly slower for it."""

    def run() -> T:
        with quick_switches():
            return work()

    return await asyncio.to_thread(run)


@contextmanager
def quick_switches() -> Iterator[None]:
    """As long as any thread is in here, threads take turns more often."""
    global _busy, _usual
    with _lock:
        if _busy == 0:
            _usual = sys.getswitchinterval()
            sys.setswitchinterval(min(_usual, SWITCH_SECONDS))
        _busy += 1
    try:
        yield
    finally:
        with _lock:
            _busy -= 1
            if _busy == 0:
                sys.setswitchinterval(_usual)
