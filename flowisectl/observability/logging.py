"""Logs: lines for people on a terminal, JSON elsewhere, and files that rotate.

A line tells ids, states and times. What users ask, what models answer and what secrets are does not belong in a log; as a
second net, texts that look like a key are masked here.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import TextIO

import orjson

from config.settings import LogSettings
from flowisectl.observability.log_file import SharedLogFile
from flowisectl.observability.run_ids import NAMES, RunIdsFilter

VERBOSE = 15
LEVELS = {"error": logging.ERROR, "warn": logging.WARNING, "info": logging.INFO, "verbose": VERBOSE, "debug": logging.DEBUG}
_SECRET = re.compile(
    r"(?P<head>\bBearer\s+|(?:api[_-]?key|password|secret|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]{4,}"
    r"|\b(?:sk|pk|gsk|xai)-[A-Za-z0-9_-]{8,}"
    r"|(?P<url>\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)",
    re.IGNORECASE,
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def open_logging(settings: LogSettings, role: str, *, stream: TextIO | None = None) -> None:
    """Send every log line of this process to standard error and, with LOG_PATH, to `<LOG_PATH>/<role>.log` as JSON.

    `role` names the process (`main`, `worker` …). Calling it again replaces what was set before. Raises OSError when the
    folder cannot be written.
    """
    stream = stream or sys.stderr
    level = logging.DEBUG if settings.debug else LEVELS.get(settings.level, logging.INFO)
    logging.addLevelName(VERBOSE, "VERBOSE")
    console = logging.StreamHandler(stream)
    console.setFormatter(LineFormatter(role) if stream.isatty() else JsonFormatter(role))
    handlers: list[logging.Handler] = [console]
    if settings.path is not None:
        folder = settings.path.expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        file = SharedLogFile(folder / f"{role}.log")
        file.setFormatter(JsonFormatter(role))
        handlers.append(file)
    for handler in handlers:
        handler.addFilter(RunIdsFilter())
    logging.basicConfig(level=level, handlers=handlers, force=True)
    for name in ("asyncio", "aiosqlite", "sqlalchemy", "hypercorn", "saq", "alembic"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def masked(text: str) -> str:
    """The text without what looks like a key, a password or a token."""
    return _SECRET.sub(lambda match: f"{match.group('head') or match.group('url') or ''}********", text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `role`, `logger`, `message`, of a run `job`, `flow`, `chat` and `worker`, what was
    given as `extra`, and `error`."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "role": self._role,
            "logger": record.name,
            "message": masked(record.getMessage()),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = masked("".join(traceback.format_exception(record.exc_info[1])))
        return orjson.dumps(line, default=str).decode()


class LineFormatter(logging.Formatter):
    """`YYYY-MM-DD HH:MM:SS [LEVEL]: role: text`, in local time, for a terminal."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        text = f"{stamp} [{record.levelname}]: {self._role}: {masked(record.getMessage())}{_ids_of(record)}"
        if record.exc_info and record.exc_info[1] is not None:
            text += "\n" + masked("".join(traceback.format_exception(record.exc_info[1]))).rstrip()
        return text


def _ids_of(record: logging.LogRecord) -> str:
    """The ids of the run, their beginnings only: enough for `jobs inspect`."""
    ids = [f"{name}={str(getattr(record, name))[:8]}" for name in NAMES[:3] if hasattr(record, name)]
    return f"  [{' '.join(ids)}]" if ids else ""
