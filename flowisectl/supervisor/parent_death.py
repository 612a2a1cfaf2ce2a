"""Lets a child process end when its parent does, however the parent ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def end_with_parent(death_signal: signal.Signals = signal.SIGKILL) -> Callable[[], None] | None:
    """What to give to `preexec_fn`; None where the system has no such call (it is Linux's `prctl`).

    The signal comes when the *thread* that started the child ends, so start children from the main thread.
    """
    if not sys.platform.startswith("linux"):
        return None
    # Looked up here: between fork and exec a child must not load libraries.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it ended before the call above
            os._exit(1)

    return in_child
