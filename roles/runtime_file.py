"""The file in which a running all-in-one tells other shells where its parts are.

`<data directory>/flowisectl-runtime.json`, readable by its owner only: `{"pid", "redis_url", "port", "worker_ports",
"demo_model_url"}`. A lock on a file beside it, which ends with the process however it ends, says whether it still runs.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from flowisectl.errors import Unavailable

FILE_NAME = "flowisectl-runtime.json"
LOCK_NAME = "flowisectl.lock"


class AlreadyRunning(Unavailable):
    """Another all-in-one works on the data directory."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    pid: int
    redis_url: str = field(repr=False)
    port: int
    worker_ports: tuple[int, ...]
    demo_model_url: str = ""


@contextmanager
def hold_data_dir(data_dir: Path) -> Iterator[None]:
    """Keep other all-in-ones away from the data directory, which is made when it is missing. Raises AlreadyRunning."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _lock(lock):
            running = read_runtime(data_dir)
            who = f" (process {running.pid})" if running else ""
            raise AlreadyRunning(f"an all-in-one already runs on {data_dir}{who}: stop it, or give another --data-dir")
        yield
        (data_dir / FILE_NAME).unlink(missing_ok=True)
    finally:
        os.close(lock)


def write_runtime(data_dir: Path, runtime: Runtime) -> None:
    """Write the file at once and whole; it may hold a password."""
    path = data_dir / FILE_NAME
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(orjson.dumps(asdict(runtime)))
    draft.replace(path)


def read_runtime(data_dir: Path) -> Runtime | None:
    """What the all-in-one on this data directory wrote; None when none runs, or the file is not ours to read."""
    folder = data_dir.expanduser()
    try:
        if not _is_held(folder / LOCK_NAME):
            return None
        data = orjson.loads((folder / FILE_NAME).read_bytes())
        return Runtime(**{**data, "worker_ports": tuple(data["worker_ports"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _lock(lock: int) -> bool:
    """Take the lock. A command that looks whether it is held has it for an instant, hence more than one try."""
    for _ in range(5):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            time.sleep(0.02)
    return False


def _is_held(path: Path) -> bool:
    lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False
