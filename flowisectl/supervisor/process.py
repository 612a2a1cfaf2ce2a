"""One role as a child process: its command, its lines, its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from flowisectl.supervisor.parent_death import end_with_parent

LONGEST_LINE = 64 * 1024
_DRAIN_SECONDS = 1.0

OnLine = Callable[[str, str], None]
"""Called with a role's name and one line of its output, without the line end."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """What to run. The supervisor knows nothing else of it."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The child's whole environment; it may hold secrets."""
    needs: tuple[str, ...] = ()
    """Names of roles that must have been ready once before this one starts."""
    stage: int = 0
    """Roles of a higher stage are stopped first; those of one stage together."""
    stop_seconds: float = 10.0
    """How long the role may take to stop before it is killed."""
    is_ready: Callable[[], Awaitable[bool]] | None = None
    """Asked again and again until it says True; None: ready once it runs."""
    is_alive: Callable[[], Awaitable[bool]] | None = None
    """Asked now and then while it runs: one that has answered and does so no more is killed and started again; None: never asked.
    It must not say False for a role that is only busy."""


class RoleProcess:
    """A running child, in a process group of its own, so that a terminal's Ctrl-C reaches only the supervisor."""

    def __init__(self, role: Role, process: asyncio.subprocess.Process, lines: asyncio.Task[None]) -> None:
        self.role = role
        self._process = process
        self._lines = lines

    @classmethod
    async def start(cls, role: Role, on_line: OnLine) -> RoleProcess:
        """Start the child. Call it from the main thread: the child is killed when the calling thread ends."""
        # A pipe of our own: asyncio counts a child with a pipe of its making as running until the pipe is closed,
        # and a grandchild may hold it open.
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *role.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                env=dict(role.environment),
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return cls(role, process, asyncio.create_task(_pass_on(role.name, reading, on_line)))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    async def wait(self) -> int:
        """The exit status (negative: the signal), once the child ended and what it said was passed on."""
        status = await self._process.wait()
        self._signal_group(signal.SIGKILL)
        await asyncio.wait([self._lines], timeout=_DRAIN_SECONDS)  # a process that left the group may hold the pipe open
        self._lines.cancel()
        return status

    async def stop(self) -> None:
        """Ask the child to end, and kill its group when it takes longer than it may."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(asyncio.shield(self._process.wait()), self.role.stop_seconds)
            except TimeoutError:
                self.kill()
        await self.wait()

    def kill(self) -> None:
        """End the child and everything in its group at once."""
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


async def _pass_on(name: str, pipe: int, on_line: OnLine) -> None:
    """Pass on what comes out of a pipe, line by line, and close it; a line without end is cut, not collected."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb", buffering=0))
    rest = b""
    try:
        while chunk := await reader.read(LONGEST_LINE):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines.append(rest)
                rest = b""
            for line in lines:
                on_line(name, line.decode("utf-8", "replace").rstrip("\r"))
        if rest:
            on_line(name, rest.decode("utf-8", "replace"))
    finally:
        transport.close()
