"""Heavy work on documents in processes of its own: parsing a large file, splitting a long text.

In a thread such work would share one interpreter with the event loop, and others would wait for it many times within each answer.
A process of low priority takes only what processors have left, can be ended with the run that asked for it, and gives its memory
back. Children start when there is work, and end after a while without.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, TypeVar

from flowisectl.errors import FlowError, InvalidFlow
from flowisectl.retrieval.long_work import in_thread

T = TypeVar("T")

PROCESSES = max(1, min(4, os.cpu_count() or 1))
"""At once; more would only share the processors. What is beyond waits."""
IDLE_SECONDS = 30.0
LARGE_BYTES = 200 * 1024
"""Of text, from so much on a child is worth its start; see `retrieval/reading.py` for files."""


class ChildEnded(FlowError):
    """A child ended in the middle of its work."""


async def in_child(work: Callable[[], Sequence[T]]) -> list[T]:
    """What `work` gives, done by a child; cancelled, the child is ended. What cannot be sent there is done in a thread.

    `work` is a function of a module, or a `partial` of one. Raises InvalidFlow as `work` does, FlowError for what else it raises.
    """
    try:
        order = pickle.dumps(work, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError):
        return list(await in_thread(work))
    task = _Task(order)
    try:
        found: list[T] = await asyncio.get_running_loop().run_in_executor(_THREADS, task.run)
    except asyncio.CancelledError:
        task.cancel()
        raise
    return found


class _Child:
    """One child process. Between two pieces of work it waits at its input; when that closes it ends."""

    def __init__(self) -> None:
        # It gets no variable of ours: there are secrets among them.
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flowisectl.retrieval.child_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # an interrupt at the terminal is for this process, which still finishes its runs
        )
        self.idle_since = 0.0

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def do(self, order: bytes) -> list[Any]:
        """Raises InvalidFlow, FlowError, ChildEnded."""
        given, taken = self._process.stdin, self._process.stdout
        assert given is not None
        assert taken is not None
        found: list[Any] = []
        try:
            given.write(len(order).to_bytes(8, "big"))
            given.write(order)
            given.flush()
            while True:
                kind, payload = _frame(taken)
                if kind == b"E":
                    return found
                # In lots, so that this process is never held up for long by taking them in. What comes here was written by
                # our own child, which has no more rights than this process.
                value = pickle.loads(payload)
                if kind == b"X":
                    raise InvalidFlow(value[1]) if value[0] == InvalidFlow.__name__ else FlowError(f"{value[0]}: {value[1]}")
                found += value
        except (EOFError, OSError) as error:
            status = self._process.wait()
            raise ChildEnded(
                f"the process that read the documents ended (status {status}): are they too large for this machine's memory?"
            ) from error

    def kill(self) -> None:
        """End it at once; who waits for its work is told."""
        self._process.kill()

    def end(self) -> None:
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class _Task:
    """One piece of work, from a thread that waits for it."""

    def __init__(self, order: bytes) -> None:
        self._order = order
        self._child: _Child | None = None
        self._lock = threading.Lock()
        self._is_cancelled = False

    def run(self) -> list[Any]:
        child = _POOL.take()
        with self._lock:
            if self._is_cancelled:
                _POOL.put_back(child, is_whole=True)
                return []
            self._child = child
        is_whole = False
        try:
            found = child.do(self._order)
            is_whole = True
            return found
        except FlowError as error:
            is_whole = not isinstance(error, ChildEnded)
            raise
        finally:
            with self._lock:
                self._child = None
            _POOL.put_back(child, is_whole=is_whole)

    def cancel(self) -> None:
        with self._lock:
            self._is_cancelled = True
            if self._child is not None:
                self._child.kill()


class _Pool:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._timer: threading.Timer | None = None

    def take(self) -> _Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.is_running:
                    self._busy.add(child)
                    return child
                child.end()
        child = _Child()
        with self._lock:
            self._busy.add(child)
        return child

    def put_back(self, child: _Child, *, is_whole: bool) -> None:
        with self._lock:
            self._busy.discard(child)
            if is_whole and child.is_running:
                child.idle_since = time.monotonic()
                self._idle.append(child)
                self._watch()
                return
        child.end()

    def close(self) -> None:
        with self._lock:
            children = [*self._idle, *self._busy]
            self._idle = []
        for child in children:
            child.kill()

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(IDLE_SECONDS, self._end_idle)
            self._timer.daemon = True
            self._timer.start()

    def _end_idle(self) -> None:
        with self._lock:
            self._timer = None
            due = [child for child in self._idle if time.monotonic() - child.idle_since >= IDLE_SECONDS / 2]
            self._idle = [child for child in self._idle if child not in due]
            if self._idle:
                self._watch()
        for child in due:
            child.end()


def _frame(stream: IO[bytes]) -> tuple[bytes, bytes]:
    head = stream.read(9)
    if len(head) < 9:
        raise EOFError
    size = int.from_bytes(head[:8], "big")
    payload = stream.read(size)
    if len(payload) < size:
        raise EOFError
    return head[8:], payload


_POOL = _Pool()
_THREADS = ThreadPoolExecutor(PROCESSES, thread_name_prefix="documents")
atexit.register(_POOL.close)
