"""The sandbox's child side: a program that runs user JavaScript in QuickJS, one fresh context at a time.

It is started as a script with the smallest imports, without site packages and with an empty environment, and imports nothing of
this project. Its arguments: the file descriptor of its socket, the folder of `_quickjs`, the memory bound in bytes, the largest
frame in bytes, and the folder of packages that code may `require`, or nothing. A frame is four bytes of length, one letter, and UTF-8 text:

    parent → child   S  start: four bytes of code length, the code, JSON `{vars, host, modules}`
                     A  answer of a host call: JSON `[id, ok, value]`
    child → parent   C  host calls: JSON `[[id, name, argument], …]`
                     R  the run's result as JSON, or nothing for undefined       E  the run's error as text

The parent owns the wall clock: it kills a child that is over its time. The child ends when the parent's end of the socket closes,
whatever JavaScript is doing: QuickJS releases the interpreter's lock while it runs, so the watching thread always gets its turn.
"""

from __future__ import annotations

import _thread
import gc
import os
import resource
import select
import sys
import time
from collections.abc import Callable
from typing import Any

JOBS_BETWEEN_SENDS = 2000
STACK_BYTES = 1024 * 1024
OUT_OF_MEMORY = "InternalError: out of memory"
LONG_SECONDS = 0.005
"""A shorter run has not come near its memory's bound."""
FIRST_PEAK = 1 << 62
"""Memory before the first run; `main` sets it."""
GLOBAL_WORDS = (
    "require", "console", "set", "clear", "Buffer", "URL", "Text", "Abort", "Event", "structuredClone", "eval", "global", "this",
    "constructor", "Function", "Reflect",
)  # fmt: skip
"""Code that has none of these can reach none of the lazy globals, and is spared their making."""
_PRELUDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "prelude")


class Line:
    """The socket to the parent."""

    def __init__(self, descriptor: int, max_frame: int) -> None:
        self._descriptor = descriptor
        self._max_frame = max_frame
        self._buffer = b""

    def read(self, timeout_seconds: float | None = None) -> tuple[str, bytes] | None:
        """The next frame; None when the time is over first. Ends the process when the parent is gone."""
        while True:
            if len(self._buffer) >= 5:
                end = 5 + int.from_bytes(self._buffer[:4], "big")
                if len(self._buffer) >= end:
                    frame = self._buffer[4:5].decode(), self._buffer[5:end]
                    self._buffer = self._buffer[end:]
                    return frame
            if timeout_seconds is not None and not select.select([self._descriptor], [], [], timeout_seconds)[0]:
                return None
            piece = os.read(self._descriptor, 1 << 20)
            if not piece:
                os._exit(0)
            self._buffer += piece

    def send(self, kind: str, text: str) -> None:
        payload = text.encode("utf-8", "replace")
        if len(payload) > self._max_frame:
            kind, payload = "E", f"RangeError: the result is larger than {self._max_frame} bytes".encode()
        frame = memoryview(len(payload).to_bytes(4, "big") + kind.encode() + payload)
        while frame:
            frame = frame[os.write(self._descriptor, frame) :]


class Run:
    """One fresh context, made before the code arrives."""

    def __init__(self, quickjs: Any, native: Callable[..., str], scripts: dict[str, str], memory_bytes: int) -> None:
        self._context = context = quickjs.Context()
        context.set_memory_limit(memory_bytes)
        context.set_max_stack_size(STACK_BYTES)
        self._memory_bytes = memory_bytes
        self._told: list[Any] = []
        context.add_callable("native", native)
        context.add_callable("script", scripts.__getitem__)
        context.add_callable("tell", self._told.append)
        self._core = context.eval(scripts["core"])
        self._given: Any = None
        self._kit: Any = None

    def execute(self, line: Line, code: str, setup: str) -> None:
        """Run the code to its end and send what came of it."""
        job, told = self._context.execute_pending_job, self._told
        self._given = self._context.parse_json(setup)
        if self._core(self._given, None):
            self._step("offer")
        if any(word in code for word in GLOBAL_WORDS):
            self._step("load", "globals")
        if "ocale" in code:  # toLocaleString and its kin, localeCompare
            self._step("load", "locale")
        self._core(None, self._context.eval(f"(async function () {{\n{code}\n}})"))
        while True:
            count = 0
            while job():
                count += 1
                if count >= JOBS_BETWEEN_SENDS:
                    break
            if told and (told[0] is None or isinstance(told[0], str)):
                line.send("R", told[0] or "")
                return
            if told:
                self._step("fail", told[0])
            if self._kit is not None:
                news = self._step("take")
                if news:
                    if news[0] == "N":
                        news = f"E{OUT_OF_MEMORY}" if is_memory_spent(self._memory_bytes) else f"E{news[1:]}"
                    line.send(news[0], news[1:])
                    if news[0] != "C":
                        return
            if count >= JOBS_BETWEEN_SENDS:
                continue
            wait = self._step("wait") if self._kit is not None else -2
            if wait < -1:
                line.send("E", self._standstill())
                return
            frame = line.read(None if wait < 0 else wait / 1000)
            if frame is None:
                self._step("tick")
            else:
                self._step("answer", frame[1].decode())

    def _step(self, kind: str, first: Any = None) -> Any:
        """A step of the kit, which only some runs need."""
        if self._kit is None:
            self._kit = self._core(self._given, 1)
        return self._kit(kind, first)

    def _standstill(self) -> str:
        """Why nothing goes on. Without memory the engine cannot even tell a promise that it has failed, so the peak has to tell."""
        if is_memory_spent(self._memory_bytes):
            return OUT_OF_MEMORY
        return "Error: the code waits for a promise that nothing can settle"


def is_memory_spent(memory_bytes: int) -> bool:
    """Whether the run came near its bound."""
    return peak_bytes() > FIRST_PEAK + memory_bytes // 2


def forget_peak() -> None:
    """Let the next run's peak be its own; without effect where the system cannot do it."""
    try:
        with open("/proc/self/clear_refs", "wb", buffering=0) as file:
            file.write(b"5")  # proc(5): resets the peak of resident memory
    except OSError:
        pass


def peak_bytes() -> int:
    """The most memory that this process ever had; 0 where the system does not tell. (`getrusage` tells that of the parent too.)"""
    try:
        with open("/proc/self/status", "rb") as file:
            found = [line.split()[1] for line in file if line.startswith(b"VmHWM:")]
    except OSError:
        return 0
    return int(found[0]) * 1024 if found else 0


def describe(error: BaseException) -> str:
    """An error of the engine as JavaScript names it, without the stack that the binding appends."""
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    lines = str(error).split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].startswith("    at ")):
        lines.pop()
    text = "\n".join(lines)
    return OUT_OF_MEMORY if text in ("", "null") else text


def end_with_parent(descriptor: int) -> None:
    """Waits until the other end of the socket is closed, then ends the process at once."""
    poll = select.poll()
    poll.register(descriptor, 0)  # hang-ups are always reported
    while not any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll()):
        pass
    os._exit(0)


def set_limits(memory_bytes: int) -> None:
    """Bounds that hold even if the engine's own fail: address space, files, processes, core dumps."""
    space = 0
    try:
        with open("/proc/self/statm", "rb") as file:
            space = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux: address space is not bounded there
        pass
    if space:
        # Twice: a collection in progress, and what the parent's frames take.
        bound = space + 2 * memory_bytes + 192 * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main(arguments: list[str]) -> None:
    global FIRST_PEAK
    descriptor, folder, memory_bytes, max_frame = int(arguments[0]), arguments[1], int(arguments[2]), int(arguments[3])
    sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), folder]
    import _quickjs  # type: ignore[import-not-found]  # a compiled module without stubs
    import natives  # type: ignore[import-not-found]  # beside this file, which is started as a script

    del sys.path[:2]
    natives.PACKAGES = natives.Packages(arguments[4])
    scripts: dict[str, str] = {}
    for name in os.listdir(_PRELUDE):
        if name.endswith(".js"):
            with open(os.path.join(_PRELUDE, name), encoding="utf-8") as file:
                scripts[name[:-3]] = file.read()
    _thread.start_new_thread(end_with_parent, (descriptor,))
    set_limits(memory_bytes)
    gc.disable()  # nothing here makes cycles; contexts are freed by their count
    line = Line(descriptor, max_frame)
    FIRST_PEAK = peak_bytes()
    while True:
        run = Run(_quickjs, natives.native, scripts, memory_bytes)
        frame = line.read()
        if frame is None or frame[0] != "S":
            continue  # the answer to a call of a run that is over
        length = int.from_bytes(frame[1][:4], "big")
        code, setup = frame[1][4 : 4 + length].decode(), frame[1][4 + length :].decode()
        del frame
        began = time.monotonic()
        try:
            run.execute(line, code, setup)
        except Exception as error:
            line.send("E", describe(error))
        del run
        if time.monotonic() - began > LONG_SECONDS and is_memory_spent(memory_bytes):
            forget_peak()


if __name__ == "__main__":
    main(sys.argv[1:])
