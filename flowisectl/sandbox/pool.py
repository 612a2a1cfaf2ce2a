"""The sandbox's parent side: a pool of child processes, one run in each at a time, and the bounds of a run."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from flowisectl.interfaces.http import HttpClient
from flowisectl.interfaces.javascript import UNDEFINED, HostFunction, JavaScript, JavaScriptError
from flowisectl.sandbox.bridge import HTTP, send_request
from flowisectl.sandbox.process import ChildProcess, start_child

MAX_SOURCE_BYTES = 1024 * 1024
MAX_SETUP_BYTES = 16 * 1024 * 1024
RUNS_PER_CHILD = 5000
MOST_CHILDREN = 64
GROW_SECONDS = 0.1
IDLE_SECONDS = 30.0


@asynccontextmanager
async def open_sandbox(
    http: HttpClient,
    *,
    timeout_seconds: float,
    memory_bytes: int = 64 * 1024 * 1024,
    processes: int | None = None,
    builtin_modules: Sequence[str] = (),
    external_modules: Sequence[str] = (),
    package_folder: Path | None = None,
) -> AsyncIterator[JavaScript]:
    """The process's sandbox. Children start when they are first needed and end with it, or with this process.

    `timeout_seconds` is the default bound of one run, `memory_bytes` that of its heap, `processes` that of children at once.
    `builtin_modules` and `external_modules` are what code may `require` beyond the usual (TOOL_FUNCTION_BUILTIN_DEP and
    TOOL_FUNCTION_EXTERNAL_DEP); of these, what does not exist here fails with an error that says so. External modules are read
    from `package_folder`, a `node_modules` of the operator's: CommonJS, and nothing that needs more than the sandbox has.
    """
    sandbox = Sandbox(
        http,
        timeout_seconds=timeout_seconds,
        memory_bytes=memory_bytes,
        most_children=processes or MOST_CHILDREN,
        modules={"builtin": [*builtin_modules], "external": [*external_modules]},
        package_folder=str(package_folder) if package_folder else "",
    )
    try:
        yield sandbox
    finally:
        await sandbox.close()


class Sandbox:
    """The implementation of `interfaces.javascript.JavaScript`."""

    def __init__(
        self,
        http: HttpClient,
        *,
        timeout_seconds: float,
        memory_bytes: int,
        most_children: int,
        modules: Mapping[str, Sequence[str]],
        package_folder: str = "",
    ) -> None:
        self._http = http
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._most = most_children
        self._usual = min(os.cpu_count() or 1, most_children)
        self._modules = modules
        self._package_folder = package_folder
        self._idle: list[ChildProcess] = []
        self._children: set[ChildProcess] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Future[ChildProcess]] = deque()
        self._ending: set[asyncio.Task[None]] = set()
        self._growth: asyncio.TimerHandle | None = None
        self._trim: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def run(
        self,
        code: str,
        variables: Mapping[str, Any],
        *,
        host_functions: Mapping[str, HostFunction] | None = None,
        timeout_seconds: float | None = None,
        undefined: Any = None,
    ) -> Any:
        """See `interfaces.javascript.JavaScript.run`. The time counts from the moment that a child is free."""
        functions = host_functions or {}
        source = code.encode("utf-8", "replace")
        setup = _dumps({"vars": variables, "host": [*functions], "modules": self._modules})
        if len(source) > MAX_SOURCE_BYTES:
            raise JavaScriptError(f"RangeError: the code is larger than {MAX_SOURCE_BYTES} bytes")
        if len(setup) > MAX_SETUP_BYTES:
            raise JavaScriptError(f"RangeError: the variables of the code are larger than {MAX_SETUP_BYTES} bytes")

        async def host_call(name: str, argument: Any) -> Any:
            if name == HTTP:
                return await send_request(self._http, argument)
            if name not in functions:
                raise JavaScriptError(f"ReferenceError: {name} is not defined")
            return await functions[name](argument)

        child = await self._acquire()
        try:
            value = await child.run(source, setup, host_call, timeout_seconds or self._timeout_seconds)
            return undefined if value is UNDEFINED else value
        finally:
            self._release(child)

    async def close(self) -> None:
        """Kill every child and wait until none is left."""
        self._is_closed = True
        for timer in (self._growth, self._trim):
            if timer:
                timer.cancel()
        for future in self._waiting:
            future.cancel()
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for child in self._children:
            child.kill()
        await asyncio.gather(*self._ending, *(child.wait_ended() for child in self._children))

    async def _acquire(self) -> ChildProcess:
        if self._is_closed:
            raise JavaScriptError("Error: the sandbox is closed")
        while self._idle:
            child = self._idle.pop()
            if not child.is_dead:
                return child
            self._end(child)
        future: asyncio.Future[ChildProcess] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._grow()
        try:
            return await future
        except asyncio.CancelledError:
            if future in self._waiting:
                self._waiting.remove(future)
            elif future.done() and not future.cancelled() and future.exception() is None:
                self._release(future.result())
            raise

    def _release(self, child: ChildProcess) -> None:
        """Give the child to the run that waits longest, or keep it; a spent one is ended."""
        if child.is_dead or child.is_spent or child.runs >= RUNS_PER_CHILD or self._is_closed:
            self._end(child)
            self._grow()
            return
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(child)
                return
        self._idle.append(child)
        if len(self._idle) > self._usual and self._trim is None:
            self._trim = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end_idle)

    def _end(self, child: ChildProcess) -> None:
        """Kill a child; its place is free at once, its process is waited for in the background."""
        child.kill()
        self._children.discard(child)
        ending = asyncio.create_task(child.wait_ended())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    def _end_idle(self) -> None:
        self._trim = None
        for child in self._idle[self._usual :]:
            self._end(child)
        del self._idle[self._usual :]

    def _grow(self) -> None:
        """Start the children that the waiting runs may have.

        Busy children are as many as processors: more would only share them. One that has been in its run for GROW_SECONDS
        mostly waits for the network, so for each of those two others may run, and a crowd of such runs is soon served.
        """
        if not self._waiting or self._is_closed:
            return
        now = asyncio.get_running_loop().time()
        stuck = sum(1 for child in self._children if now - child.run_began > GROW_SECONDS)
        count = len(self._children) + len(self._starting)
        for _ in range(min(self._usual + 2 * stuck - count, self._most - count, len(self._waiting) - len(self._starting))):
            self._start()
        if self._growth is None:
            self._growth = asyncio.get_running_loop().call_later(GROW_SECONDS, self._grow_late)

    def _grow_late(self) -> None:
        self._growth = None
        self._grow()

    def _start(self) -> None:
        task = asyncio.create_task(self._start_child())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start_child(self) -> None:
        try:
            child = await start_child(self._memory_bytes, self._package_folder)
        except (OSError, JavaScriptError) as error:
            if not self._children and self._waiting:
                text = str(error) if isinstance(error, JavaScriptError) else f"Error: JavaScript cannot be started: {error}"
                future = self._waiting.popleft()
                if not future.done():
                    future.set_exception(JavaScriptError(text))
            return
        self._children.add(child)
        self._release(child)


def _dumps(value: Any) -> bytes:
    """JSON as JavaScript reads it; numbers that are none become null."""
    try:
        return orjson.dumps(value, default=_shown, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError:
        return json.dumps(_finite(value), default=_shown).encode()


def _shown(value: Any) -> Any:
    """What is no JSON data by itself: documents and the like say how they are shown, anything else is its text."""
    to_json = getattr(value, "to_json", None)
    return to_json() if callable(to_json) else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
