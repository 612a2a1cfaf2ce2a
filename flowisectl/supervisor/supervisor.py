"""Keeps a set of roles running: starts them all, restarts what dies, stops everything in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flowisectl.supervisor.process import OnLine, Role, RoleProcess

OWN_NAME = "supervisor"
_PROBE_SECONDS = 0.05
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """How long to wait before a role that died is started again."""

    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    steady_seconds: float = 30.0
    """A role that ran this long starts again from the first delay."""

    def delay(self, deaths: int) -> float:
        """The delay after so many deaths in a row (from 1)."""
        return min(self.longest_seconds, self.first_seconds * 2.0 ** min(deaths - 1, 32))


class Supervisor:
    """Runs roles until it is told to stop.

    - A role that dies while it starts for the first time ends everything: a wrong setting or a taken port does not get
      better by trying again. Its exit status becomes that of `run`.
    - A role that dies later is started again, after a delay that doubles with each death in a row.
    - The first SIGINT, SIGTERM or SIGHUP (or `stop`) stops the roles stage by stage, the highest first, each with its own
      time; the second ends them at once.
    - Whatever happens, no role is left running when `run` returns; and none survives this process, killed or not.
    """

    def __init__(self, roles: Sequence[Role], *, on_line: OnLine, backoff: Backoff | None = None) -> None:
        self._roles = roles
        self._say = on_line
        self._backoff = backoff or Backoff()
        self._running: dict[str, RoleProcess] = {}
        self._ready: dict[str, asyncio.Event] = {role.name: asyncio.Event() for role in roles}
        self._stopping = asyncio.Event()
        self._hurried = asyncio.Event()
        self._status = 0

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the roles that run now."""
        return {name: process.pid for name, process in self._running.items() if process.is_running}

    async def run(self, when_ready: Callable[[], None] = lambda: None) -> int:
        """Run everything; gives the exit status: 0 after an orderly stop, 130 after a hurried one.

        `when_ready` is called once, when every role is ready for the first time.
        """
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.stop)
        keepers = [asyncio.create_task(self._keep(role)) for role in self._roles]
        for keeper in keepers:
            keeper.add_done_callback(self._stop_if_broken)
        announcer = asyncio.create_task(self._announce(when_ready))
        try:
            await self._stopping.wait()
            await self._stop_all(keepers)
        finally:
            announcer.cancel()
            for keeper in keepers:
                keeper.cancel()
            for process in self._running.values():
                process.kill()
            await asyncio.gather(announcer, *keepers, return_exceptions=True)
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
        return 130 if self._hurried.is_set() and self._status == 0 else self._status

    def stop(self) -> None:
        """Ask for an orderly end; asked again, end at once."""
        if self._stopping.is_set():
            self._hurried.set()
        self._stopping.set()

    async def _announce(self, when_ready: Callable[[], None]) -> None:
        for event in self._ready.values():
            await event.wait()
        when_ready()

    async def _keep(self, role: Role) -> None:
        """Keep one role running until everything stops."""
        loop = asyncio.get_running_loop()
        deaths = 0
        await self._wait_for(role.needs)
        while not self._stopping.is_set():
            try:
                process = await RoleProcess.start(role, self._say)
            except OSError as error:
                self._give_up(role, f"cannot be started: {error.strerror}: {role.command[0]}", 1)
                return
            self._running[role.name] = process
            if self._stopping.is_set():
                await process.stop()
                return
            started = loop.time()
            probe = asyncio.create_task(self._probe(role))
            try:
                status = await process.wait()
            finally:
                probe.cancel()
            if self._stopping.is_set():
                return
            if not self._ready[role.name].is_set():
                self._give_up(role, f"{_ended(status)} while it started; stopping", status if status > 0 else 1)
                return
            deaths = 1 if loop.time() - started >= self._backoff.steady_seconds else deaths + 1
            delay = self._backoff.delay(deaths)
            self._say(OWN_NAME, f"{role.name} {_ended(status)}; starting it again in {delay:g} s")
            await _pause(self._stopping, seconds=delay)

    async def _wait_for(self, names: Sequence[str]) -> None:
        """Wait until these roles have been ready once, or everything stops."""
        stopping = asyncio.create_task(self._stopping.wait())
        for name in names:
            ready = asyncio.create_task(self._ready[name].wait())
            await asyncio.wait([ready, stopping], return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
        stopping.cancel()

    def _stop_if_broken(self, keeper: asyncio.Task[None]) -> None:
        if not keeper.cancelled() and keeper.exception() is not None:
            self._say(OWN_NAME, f"stopping: {keeper.exception()!r}")
            self._status = 1
            self._stopping.set()

    def _give_up(self, role: Role, reason: str, status: int) -> None:
        self._say(OWN_NAME, f"{role.name} {reason}")
        self._status = self._status or status
        self._stopping.set()

    async def _probe(self, role: Role) -> None:
        if role.is_ready is not None:
            while not await role.is_ready():
                await asyncio.sleep(_PROBE_SECONDS)
        self._ready[role.name].set()

    async def _stop_all(self, keepers: Sequence[asyncio.Task[None]]) -> None:
        for stage in sorted({role.stage for role in self._roles}, reverse=True):
            processes = [self._running[role.name] for role in self._roles if role.stage == stage and role.name in self._running]
            ends = [asyncio.create_task(process.stop()) for process in processes]
            hurry = asyncio.create_task(self._kill_when_hurried())
            await asyncio.gather(*ends)
            hurry.cancel()
        await asyncio.gather(*keepers)

    async def _kill_when_hurried(self) -> None:
        await self._hurried.wait()
        for process in self._running.values():
            process.kill()


def _ended(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


async def _pause(event: asyncio.Event, *, seconds: float) -> None:
    """Wait for the event, but not longer than so many seconds."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
