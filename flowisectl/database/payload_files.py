"""What is too large for Redis, beside a SQLite database: files, so that megabytes do not hold the one write lock that all rows need.

They lie in `flowisectl-payloads/<job>/` in the database's folder, which every process that opens the database can write to. A file
is there whole or not at all; its time of change says until when it is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from flowisectl.errors import DatabaseUnavailable

T = TypeVar("T")

FOLDER = "flowisectl-payloads"
THREADS = 2
"""Of their own: the loop's usual threads may all be busy with documents."""


class PayloadFiles:
    """`database.payload.PayloadStore` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="payload")

    async def put(self, job: str, name: str, data: bytes, *, expires_ms: int) -> None:
        await self._run(lambda: self._put(self._path(job, name), data, expires_ms / 1000))

    async def get(self, job: str, name: str) -> bytes | None:
        return await self._run(lambda: self._get(self._path(job, name)))

    async def delete(self, jobs: Sequence[str]) -> None:
        await self._run(lambda: self._delete(jobs))

    async def delete_expired(self) -> None:
        await self._run(lambda: self._delete_before(time.time()))

    def _path(self, job: str, name: str) -> Path:
        return self.folder / _as_name(job) / _as_name(name)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except OSError as error:
            raise DatabaseUnavailable(
                f"{self.folder} cannot be used ({error.strerror}): is the disk full, or may this user not write there?"
            ) from error

    def _put(self, path: Path, data: bytes, expires: float) -> None:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{secrets.token_hex(8)}")
        try:
            draft.write_bytes(data)
            os.utime(draft, (expires, expires))
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def _get(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def _delete(self, jobs: Sequence[str]) -> None:
        for job in jobs:
            _remove(self.folder / _as_name(job))

    def _delete_before(self, now: float) -> None:
        """Also of drafts that a killed process has left: they were written now, so they go as soon as the folder has nothing younger."""
        with contextlib.suppress(FileNotFoundError):
            for job in list(self.folder.iterdir()):
                with contextlib.suppress(FileNotFoundError):
                    kept_until = [entry.stat().st_mtime for entry in job.iterdir() if not entry.name.startswith(".")]
                    if max(kept_until, default=job.stat().st_mtime + 3600) < now:
                        _remove(job)


def _as_name(text: str) -> str:
    """A file's name for any text; what could lead elsewhere is quoted."""
    return quote(text, safe="").replace(".", "%2E")


def _remove(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
