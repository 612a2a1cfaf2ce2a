"""What makes a command begin sooner and end sooner; nothing of it changes what a command does."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn

GC_YOUNG_OBJECTS = 100_000
"""What modules leave behind at their import stays; looking through it for garbage again and again is a tenth of a short command."""
_ASKED_FOR_BY = {
    "opentelemetry.sdk.metrics": "redis.observability.providers",
    "opentelemetry.metrics": "redis.observability.metrics",
}
_LOST_READER = 120
"""The exit status of Python itself when its last words could not be written."""


def begin_quickly() -> None:
    """To be called once, before anything heavy is imported."""
    gc.set_threshold(GC_YOUNG_OBJECTS, 20, 50)
    if not any(isinstance(finder, _WithoutMetrics) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WithoutMetrics())


def end_quickly(status: int) -> NoReturn:
    """End the process as `sys.exit` does, but leave its memory to the system: to take modules apart is a quarter of a short command.

    What waits for the end of the process is done. With other threads at work, or with somebody who watches, it ends as usual.
    """
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread() and not thread.daemon]
    if others or sys.getprofile() is not None or sys.gettrace() is not None:
        sys.exit(status)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or _LOST_READER
        except AttributeError:
            continue  # a process without that stream
    os._exit(status)


class _WithoutMetrics:
    """Tells redis-py that OpenTelemetry's metrics are not installed, even where they are (extra `telemetry`).

    redis-py imports them wherever it finds them, for metrics of its own that nothing here turns on: 45 ms and 3 MB for
    each process. Everybody else gets them.
    """

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        asking = sys.modules.get(_ASKED_FOR_BY.get(name, ""))
        if asking is not None and not hasattr(asking, "OTEL_AVAILABLE"):  # in the middle of its import
            raise ModuleNotFoundError(f"{name} is not looked for", name=name)
        return None
