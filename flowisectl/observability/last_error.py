"""The last error that a process has logged, for whoever asks how it is."""

from __future__ import annotations

import logging

from flowisectl.observability.logging import masked

MAX_CHARS = 300


class LastError(logging.Handler):
    """Keeps one line of the newest record of level ERROR or above."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""
        self.at_ms = 0

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += f" ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})"
        self.text = masked(" ".join(text.split()))[:MAX_CHARS]
        self.at_ms = int(record.created * 1000)


def watch_errors() -> LastError:
    """Start to keep the last error of this process."""
    watcher = LastError()
    logging.getLogger().addHandler(watcher)
    return watcher
