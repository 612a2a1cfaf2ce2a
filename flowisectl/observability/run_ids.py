"""The ids of the run that a task belongs to, so that every line that is logged in it carries them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar

_RUN: ContextVar[Mapping[str, str] | None] = ContextVar("run_ids", default=None)
NAMES = ("job", "flow", "chat", "worker")


def set_run_ids(**ids: str) -> None:
    """Add ids to those of this task and whatever it starts: `job`, `flow`, `chat`, `worker`."""
    _RUN.set({**(_RUN.get() or {}), **ids})


class RunIdsFilter(logging.Filter):
    """Puts the ids into a record; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        ids = _RUN.get()
        if ids:
            for name, value in ids.items():
                if not hasattr(record, name):
                    setattr(record, name, value)
        return True
