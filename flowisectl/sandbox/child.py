"""The sandbox's child side: a program that runs user JavaScript in QuickJS, one fresh context at a time.

It is started as a script with the smallest imports, without site packages and with an empty environment, and imports nothing of
this project. Its arguments: the file descriptor of its socket, the folder of `_quickjs`, the memory bound in bytes, the largest
frame in bytes, and the folder of packages that code may `require`, or nothing. A frame is four bytes of length, one letter, and UTF-8 text:

    parent → child   S  start: four bytes of code length, the code, JSON `{vars, host, modules}`
                     A  answer of a host call: JSON `[id, ok, value]`
    child → parent   C  host calls: JSON `[[id, name, argument], …]`
                     R  the run's result as JSON       E  the run's error as text

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
from typing import Any

JOBS_BETWEEN_SENDS = 2000
STACK_BYTES = 1024 * 1024
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

    def __init__(self, quickjs: Any, scripts: dict[str, str], memory_bytes: int) -> None:
        self._context = context = quickjs.Context()
        context.set_memory_limit(memory_bytes)
        context.set_max_stack_size(STACK_BYTES)
        self._memory_bytes = memory_bytes
        context.add_callable("native", native)
        context.add_callable("script", scripts.__getitem__)
        self._step = context.eval(scripts["core"])

    def execute(self, line: Line, code: str, setup: str) -> None:
        """Run the code to its end and send what came of it."""
        step, job = self._step, self._context.execute_pending_job
        if any(word in code for word in GLOBAL_WORDS):
            step("load", "globals")
        step("setup", setup)
        step("main", self._context.eval(f"(async function () {{\n{code}\n}})"))
        while True:
            count = 0
            while job():
                count += 1
                if count >= JOBS_BETWEEN_SENDS:
                    break
            news = step("take", "")
            if news:
                line.send(news[0], news[1:])
                if news[0] != "C":
                    return
            if count >= JOBS_BETWEEN_SENDS:
                continue
            wait = step("wait", "")
            if wait < -1:
                line.send("E", self._standstill())
                return
            frame = line.read(None if wait < 0 else wait / 1000)
            if frame is None:
                step("tick", "")
            else:
                step("answer", frame[1].decode())


    def _standstill(self) -> str:
        """Why nothing goes on. Without memory the engine cannot even tell a promise that it has failed, so the peak has to tell.

        A run before this one may have made the peak, though a process that has computed for long gets no other.
        """
        if peak_bytes() > FIRST_PEAK + self._memory_bytes // 2:
            return "InternalError: out of memory"
        return "Error: the code waits for a promise that nothing can settle"


def peak_bytes() -> int:
    """The most memory that this process ever had; 0 where the system does not tell. (`getrusage` tells that of the parent too.)"""
    try:
        with open("/proc/self/status", "rb") as file:
            found = [line.split()[1] for line in file if line.startswith(b"VmHWM:")]
    except OSError:
        return 0
    return int(found[0]) * 1024 if found else 0


class Packages:
    """The operator's folder of packages; nothing outside it is read."""

    def __init__(self, folder: str) -> None:
        self._folder = os.path.realpath(folder) if folder else ""

    def find(self, request: str, base: str) -> str:
        """The path of the file that `request` means, seen from the file `base` (Node's rules for CommonJS, without `exports`).

        Raises ValueError when there is none.
        """
        start = os.path.join(os.path.dirname(base), request) if request.startswith(".") else os.path.join(self._folder, request)
        for path in (start, start + ".js", start + ".json", *self._in_folder(start)):
            real = os.path.realpath(path)
            if self._folder and real.startswith(self._folder + os.sep) and os.path.isfile(real):
                return real
        raise ValueError(f"Cannot find module '{request}'")

    def _in_folder(self, folder: str) -> list[str]:
        import json

        mains = ["index.js", "index.json"]
        try:
            with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
                main = json.load(file).get("main")
        except (OSError, ValueError, AttributeError):
            main = None
        if isinstance(main, str):
            mains = [main, main + ".js", os.path.join(main, "index.js"), *mains]
        return [os.path.join(folder, name) for name in mains]

    def read(self, path: str) -> str:
        real = os.path.realpath(path)
        if not self._folder or not real.startswith(self._folder + os.sep):
            raise ValueError(f"Cannot find module '{path}'")
        with open(real, encoding="utf-8") as file:
            return file.read(8 * 1024 * 1024)


PACKAGES = Packages("")


def native(operation: str, text: str, data: str = "") -> str:
    """What scripts of the prelude need beyond JavaScript, bytes as base64. An answer that begins with `!` is an error's text.

    Errors must not leave as exceptions: the binding cannot carry them.
    """
    try:
        return _native(operation, text, data)
    except Exception as error:
        return f"!{error}"


def _native(operation: str, text: str, data: str) -> str:
    from binascii import a2b_base64, b2a_base64

    if operation == "encode":
        answer = data.encode("utf-8")
    elif operation == "decode":
        return "=" + a2b_base64(data).decode(text.removesuffix(" strict"), "strict" if text.endswith(" strict") else "replace")
    elif operation == "find":
        return "=" + PACKAGES.find(text, data)
    elif operation == "read":
        return "=" + PACKAGES.read(text)
    elif operation == "idna":
        return "=" + text.encode("idna").decode()
    elif operation == "random":
        size = int(text)
        if not 0 <= size <= 65_536:
            raise ValueError("at most 65536 random bytes at once")
        answer = os.urandom(size)
    elif operation == "hash":
        import hashlib

        if text not in hashlib.algorithms_guaranteed or text.startswith("shake"):
            raise ValueError("Digest method not supported")
        answer = hashlib.new(text, a2b_base64(data)).digest()
    elif operation == "hmac":
        import hmac

        name, key = text.split(" ", 1)
        answer = hmac.digest(a2b_base64(key), a2b_base64(data), name)
    elif operation == "zlib":
        import zlib

        bits = {"deflate": 15, "inflate": 15, "gzip": 31, "gunzip": 31, "unzip": 47, "deflateRaw": -15, "inflateRaw": -15}[text]
        if text in ("deflate", "gzip", "deflateRaw"):
            packer = zlib.compressobj(wbits=bits)
            answer = packer.compress(a2b_base64(data)) + packer.flush()
        else:
            unpacker = zlib.decompressobj(wbits=bits)
            answer = unpacker.decompress(a2b_base64(data), 16 * 1024 * 1024)
            if not unpacker.eof:
                raise ValueError("unexpected end of file, or larger than 16 MiB")
    else:
        raise ValueError(f"no operation {operation!r}")
    return b2a_base64(answer, newline=False).decode()


def describe(error: BaseException) -> str:
    """An error of the engine as JavaScript names it, without the stack that the binding appends."""
    if isinstance(error, MemoryError):
        return "InternalError: out of memory"
    lines = str(error).split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].startswith("    at ")):
        lines.pop()
    text = "\n".join(lines)
    return "InternalError: out of memory" if text in ("", "null") else text


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
    global PACKAGES, FIRST_PEAK
    descriptor, folder, memory_bytes, max_frame = int(arguments[0]), arguments[1], int(arguments[2]), int(arguments[3])
    PACKAGES = Packages(arguments[4])
    sys.path.append(folder)
    import _quickjs  # type: ignore[import-not-found]  # a compiled module without stubs

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
        run = Run(_quickjs, scripts, memory_bytes)
        frame = line.read()
        if frame is None or frame[0] != "S":
            continue  # the answer to a call of a run that is over
        length = int.from_bytes(frame[1][:4], "big")
        code, setup = frame[1][4 : 4 + length].decode(), frame[1][4 + length :].decode()
        del frame
        try:
            run.execute(line, code, setup)
        except Exception as error:
            line.send("E", describe(error))
        del run


if __name__ == "__main__":
    main(sys.argv[1:])
