"""A log file that several processes write and rotate together: the workers of one machine share a folder and a name."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE_BYTES = 20 * 1024 * 1024
KEPT_FILES = 10


class SharedLogFile(RotatingFileHandler):
    """Appends whole lines. Whoever finds the file full rotates it, once; the others notice and go on in the new one."""

    def __init__(self, path: Path, *, max_bytes: int = FILE_BYTES, kept_files: int = KEPT_FILES) -> None:
        super().__init__(path, maxBytes=max_bytes, backupCount=kept_files, encoding="utf8", delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and not self._is_current():
            self._leave()
        super().emit(record)

    def doRollover(self) -> None:
        with self._alone():
            # Between the look at the size and the lock another process may have been here.
            if self.stream is None or self._is_current():
                super().doRollover()
            else:
                self._leave()
                self.stream = self._open()

    def _is_current(self) -> bool:
        """Whether the file that is open here is still the one with the name."""
        if self.stream is None:
            return False
        try:
            named, own = os.stat(self.baseFilename), os.fstat(self.stream.fileno())
        except OSError:
            return False
        return (named.st_dev, named.st_ino) == (own.st_dev, own.st_ino)

    def _leave(self) -> None:
        if self.stream is not None:
            with contextlib.suppress(OSError):
                self.stream.close()
        self.stream = None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Among all processes with this file."""
        lock = os.open(f"{self.baseFilename}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
