"""What makes a command begin sooner; nothing of it changes what a command does."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

GC_YOUNG_OBJECTS = 100_000
"""What modules leave behind at their import stays; looking through it for garbage again and again is a tenth of a short command."""
_ASKED_FOR = "opentelemetry.sdk.metrics"
_BY = "redis.observability.providers"


def begin_quickly() -> None:
    """To be called once, before anything heavy is imported."""
    gc.set_threshold(GC_YOUNG_OBJECTS, 20, 50)
    if not any(isinstance(finder, _WithoutMetrics) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WithoutMetrics())


class _WithoutMetrics:
    """Tells redis-py that OpenTelemetry's metrics are not installed, even where they are (extra `telemetry`).

    redis-py imports them wherever it finds them, for metrics of its own that nothing here turns on: 40 ms and 3 MB for
    each process. Everybody else gets them.
    """

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name == _ASKED_FOR:
            asking = sys.modules.get(_BY)
            if asking is not None and not hasattr(asking, "OTEL_AVAILABLE"):  # in the middle of its import
                raise ModuleNotFoundError(f"{name} is not looked for", name=name)
        return None
