"""The file in which a running all-in-one tells other shells where its parts are.

`<data directory>/flowisectl-runtime.json`, readable by its owner only: `{"pid", "redis_url", "port", "worker_ports",
"demo_model_url"}`. A lock on a file beside it, which ends with the process however it ends, says whether it still runs.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from flowisectl.errors import Unavailable

FILE_NAME = "flowisectl-runtime.json"
LOCK_NAME = "flowisectl.lock"
PID_NAME = "flowisectl.pid"
"""The supervisor's process id alone, as service managers want it."""
SCALE_NAME = "flowisectl-scale"
"""How many workers there shall be; read by the supervisor when it gets SIGUSR1."""
MOST_WORKERS = 64


class NotRunning(Unavailable):
    """There is no all-in-one to talk to."""


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
        (data_dir / PID_NAME).write_text(f"{os.getpid()}\n")
        yield
        for name in (FILE_NAME, PID_NAME, SCALE_NAME):
            (data_dir / name).unlink(missing_ok=True)
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


def ask_for_workers(data_dir: Path, number: int) -> Runtime:
    """Tell the all-in-one on this data directory how many workers to have; gives what it was before. Raises NotRunning."""
    folder = data_dir.expanduser()
    running = read_runtime(folder)
    if running is None:
        raise NotRunning(f"no all-in-one runs on {folder}: `flowisectl start --role all-in-one --workers {number}` starts one")
    draft = folder / f"{SCALE_NAME}.tmp"
    draft.write_text(str(number))
    draft.replace(folder / SCALE_NAME)
    os.kill(running.pid, signal.SIGUSR1)
    return running


def wanted_workers(data_dir: Path) -> int | None:
    """What was asked for last; None for nothing that can be used."""
    try:
        number = int((data_dir / SCALE_NAME).read_text())
    except (OSError, ValueError):
        return None
    return number if 1 <= number <= MOST_WORKERS else None


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
