"""One child process of the sandbox, as the parent sees it: its frames, the run it has, and its end."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import orjson

from flowisectl.interfaces.javascript import UNDEFINED, JavaScriptError

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""The largest result, and the largest lot of host calls at once."""
MAX_HOST_CALLS = 64
PATIENCE_SECONDS = 0.5
_BUSY_PRIORITY = 10
_CHILD = Path(__file__).with_name("child.py")

HostCall = Callable[[str, Any], Awaitable[Any]]


class ChildProcess(asyncio.Protocol):
    """A child and the one run that it may have. Made by `start_child`."""

    def __init__(self) -> None:
        self.runs = 0
        self.is_dead = False
        self.is_spent = False
        """Nothing else shall run here."""
        self.run_began = math.inf
        """When the present run began, by the loop's clock."""
        self._transport: asyncio.Transport | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._buffer = bytearray()
        self._result: asyncio.Future[Any] | None = None
        self._host_call: HostCall | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._unanswered = 0
        self._reaping: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._deadline = math.inf
        self._looked_at_seconds: float | None = None
        """The processor time at the first look at the present run."""
        self._watch: asyncio.TimerHandle | None = None
        """One for all runs: it stays when a run ends, and finds the next one or nothing."""

    @property
    def pid(self) -> int:
        """The process's id, 0 before it has one."""
        return self._process.pid if self._process else 0

    def adopt(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def run(self, code: bytes, setup: bytes, host_call: HostCall, timeout_seconds: float) -> Any:
        """The run's result as JSON data, or UNDEFINED. Raises JavaScriptError. A child whose run did not come to its own end is killed."""
        assert self._transport is not None and self._result is None
        self.runs += 1
        self.run_began = now = self._loop.time()
        self._deadline, self._looked_at_seconds = now + timeout_seconds, None
        self._host_call = host_call
        self._result = result = self._loop.create_future()
        self._send(b"S", len(code).to_bytes(4, "big") + code + setup)
        if self._watch is None or self._watch.when() > self._deadline:
            self._look_later(now)
        try:
            return await result
        except TimeoutError:
            self.kill()
            raise JavaScriptError(f"Error: Script execution timed out after {timeout_seconds * 1000:.0f}ms") from None
        except asyncio.CancelledError:
            self.kill()
            raise
        finally:
            self.run_began = math.inf
            self._result = self._host_call = None
            for task in self._calls:
                task.cancel()
            self._unanswered = 0

    def kill(self) -> None:
        """End the process at once, whatever it is doing."""
        self.is_dead = True
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._transport is not None:
            self._transport.abort()
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            if self._reaping is None:
                self._reaping = asyncio.create_task(self._reap(self._process))

    def _look_later(self, now: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_at(min(now + PATIENCE_SECONDS, self._deadline), self._look)

    def _look(self) -> None:
        """End a run that is over its time; give one that computes for long a low priority, so that it slows down nobody else.

        Only a process of root could be raised again, so such a child serves no other run.
        """
        self._watch = None
        now = self._loop.time()
        if self._result is None or self._result.done() or self.is_dead:
            return
        if now >= self._deadline:
            self._result.set_exception(TimeoutError())
            return
        if not self.is_spent:
            seconds = _cpu_seconds(self.pid)
            # From the first look on: on a busy machine an endless loop gets little of each half second.
            if self._looked_at_seconds is None:
                self._looked_at_seconds = seconds
            elif seconds - self._looked_at_seconds > PATIENCE_SECONDS / 2:
                self.is_spent = True
                with suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, self.pid, _BUSY_PRIORITY)
        self._look_later(now)

    async def wait_ended(self) -> None:
        if self._reaping is not None:
            await self._reaping

    async def _reap(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("Error: the JavaScript process ended unexpectedly; it may have used too much memory")
        self.kill()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 5:
            length = int.from_bytes(buffer[:4], "big")
            if length > MAX_FRAME_BYTES:
                self._fail(f"RangeError: the result is larger than {MAX_FRAME_BYTES} bytes")
                self.kill()
                return
            if len(buffer) < 5 + length:
                return
            kind, payload = buffer[4:5], bytes(buffer[5 : 5 + length])
            del buffer[: 5 + length]
            self._take(bytes(kind), payload)

    def _take(self, kind: bytes, payload: bytes) -> None:
        result = self._result
        if result is None or result.done():
            return
        try:
            if kind == b"R":
                result.set_result(_loads(payload) if payload else UNDEFINED)
            elif kind == b"C":
                for call_id, name, argument in _loads(payload):
                    self._begin_call(call_id, name, argument)
            else:
                text = payload.decode("utf-8", "replace")
                if "out of memory" in text:
                    self.is_spent = True  # its heap may be in pieces
                self._fail(text)
        except (ValueError, TypeError):
            self._fail("Error: the JavaScript process gave a result that is not JSON")
            self.kill()

    def _begin_call(self, call_id: int, name: str, argument: Any) -> None:
        if self._unanswered >= MAX_HOST_CALLS or self._host_call is None:
            self._answer(call_id, False, f"more than {MAX_HOST_CALLS} unfinished calls at once")
            return
        self._unanswered += 1
        task = asyncio.create_task(self._do_call(self._host_call, call_id, name, argument))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _do_call(self, host_call: HostCall, call_id: int, name: str, argument: Any) -> None:
        try:
            value, is_ok = await host_call(name, argument), True
        except Exception as error:
            value, is_ok = (error.args[0] if error.args and isinstance(error.args[0], dict) else str(error)), False
        self._unanswered -= 1
        self._answer(call_id, is_ok, value)

    def _answer(self, call_id: int, is_ok: bool, value: Any) -> None:
        try:
            payload = orjson.dumps([call_id, is_ok, value], default=str)
        except TypeError as error:
            payload = orjson.dumps([call_id, False, f"the answer is no JSON data: {error}"])
        self._send(b"A", payload)

    def _send(self, kind: bytes, payload: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(len(payload).to_bytes(4, "big") + kind + payload)

    def _fail(self, text: str) -> None:
        if self._result is not None and not self._result.done():
            self._result.set_exception(JavaScriptError(text))


def _cpu_seconds(pid: int) -> float:
    """The processor time that a process has used; 0 where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _loads(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except ValueError:  # halves of surrogate pairs, which JavaScript may have in a text and UTF-8 may not
        text = json.dumps(json.loads(payload), ensure_ascii=False)
        return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


async def start_child(memory_bytes: int, package_folder: str = "") -> ChildProcess:
    """Start a child. It has no environment, no standard streams, and one socket, to this process."""
    ours, theirs = socket.socketpair()
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            str(_CHILD),
            str(theirs.fileno()),
            _engine_folder(),
            str(memory_bytes),
            str(MAX_FRAME_BYTES),
            package_folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env={},
            start_new_session=True,  # an interrupt at the terminal is for this process, which still finishes its runs
            cwd=os.sep,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    ours.setblocking(False)
    _, child = await asyncio.get_running_loop().create_connection(ChildProcess, sock=ours)
    child.adopt(process)
    return child


def _engine_folder() -> str:
    """Where the engine's compiled module lies: the child has no other packages."""
    found = importlib.util.find_spec("_quickjs")
    if found is None or not found.origin:
        raise JavaScriptError("Error: the package quickjs-ng is not installed, so JavaScript cannot run")
    return str(Path(found.origin).parent)
