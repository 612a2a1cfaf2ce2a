"""Keeps a set of roles running: starts them all, restarts what dies, stops everything in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flowisectl.supervisor.process import OnLine, Role, RoleProcess
from flowisectl.supervisor.silence import Patience, until_silent

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
    - A role that stands still (`Role.is_alive`) is killed and started again: it may hold what all others wait for.
    - The first SIGINT, SIGTERM or SIGHUP (or `stop`) stops the roles stage by stage, the highest first, each with its own
      time; the second ends them at once.
    - Roles can be added and taken away while it runs (`add`, `remove`); one that was added and does not start is given up alone.
    - Whatever happens, no role is left running when `run` returns; and none survives this process, killed or not.
    """

    def __init__(self, roles: Sequence[Role], *, on_line: OnLine, backoff: Backoff | None = None, patience: Patience | None = None) -> None:
        self._roles = list(roles)
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[str] = set()
        self._added: set[str] = set()
        self._say = on_line
        self._backoff = backoff or Backoff()
        self._patience = patience or Patience()
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
        for role in self._roles:
            self._start_keeping(role)
        announcer = asyncio.create_task(self._announce(when_ready))
        try:
            await self._stopping.wait()
            await self._stop_all()
        finally:
            announcer.cancel()
            for keeper in self._keepers.values():
                keeper.cancel()
            for process in self._running.values():
                process.kill()
            await asyncio.gather(announcer, *self._keepers.values(), return_exceptions=True)
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
        return 130 if self._hurried.is_set() and self._status == 0 else self._status

    def stop(self) -> None:
        """Ask for an orderly end; asked again, end at once."""
        if self._stopping.is_set():
            self._hurried.set()
        self._stopping.set()

    @property
    def names(self) -> list[str]:
        """The roles that are kept running now."""
        return [role.name for role in self._roles if role.name not in self._leaving]

    async def add(self, role: Role) -> bool:
        """Start one more role; true once it is ready, false when it did not start. Call it while `run` runs."""
        self._roles.append(role)
        self._added.add(role.name)
        is_ready = self._ready[role.name] = asyncio.Event()
        self._say(OWN_NAME, f"adding {role.name}")
        keeper = self._start_keeping(role)
        ready = asyncio.create_task(is_ready.wait())
        await asyncio.wait([ready, keeper], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        return is_ready.is_set()

    async def remove(self, name: str) -> None:
        """Stop one role in order and keep it no longer; the others go on."""
        self._leaving.add(name)
        self._say(OWN_NAME, f"taking {name} away")
        if (process := self._running.get(name)) is not None:
            await process.stop()
        keeper = self._keepers.pop(name)
        keeper.cancel()  # it may be waiting to start the role again
        await asyncio.wait([keeper])
        self._forget(name)

    def _forget(self, name: str) -> None:
        self._roles = [role for role in self._roles if role.name != name]
        self._running.pop(name, None)
        self._ready.pop(name, None)
        self._leaving.discard(name)
        self._added.discard(name)

    def _start_keeping(self, role: Role) -> asyncio.Task[None]:
        keeper = self._keepers[role.name] = asyncio.create_task(self._keep(role), name=f"keep-{role.name}")
        keeper.add_done_callback(self._stop_if_broken)
        return keeper

    async def _announce(self, when_ready: Callable[[], None]) -> None:
        for event in list(self._ready.values()):
            await event.wait()
        when_ready()

    async def _keep(self, role: Role) -> None:
        """Keep one role running until everything stops."""
        loop = asyncio.get_running_loop()
        is_ready = self._ready[role.name]
        deaths = 0
        await self._wait_for(role.needs)
        while not self._stopping.is_set() and role.name not in self._leaving:
            try:
                process = await RoleProcess.start(role, self._say)
            except OSError as error:
                self._give_up(role, f"cannot be started: {error.strerror}: {role.command[0]}", 1)
                return
            self._running[role.name] = process
            if self._stopping.is_set() or role.name in self._leaving:
                await process.stop()
                return
            started = loop.time()
            probe = asyncio.create_task(self._probe(role, is_ready))
            watch = asyncio.create_task(self._watch(process))
            try:
                status = await process.wait()
            finally:
                probe.cancel()
                watch.cancel()
            if self._stopping.is_set() or role.name in self._leaving:
                return
            if not is_ready.is_set():
                self._give_up(
                    role,
                    f"{_ended(status)} while it started{'' if role.name in self._added else '; stopping'}",
                    status if status > 0 else 1,
                )
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
        if role.name in self._added:
            self._keepers.pop(role.name, None)
            self._forget(role.name)
            return
        self._status = self._status or status
        self._stopping.set()

    async def _probe(self, role: Role, is_ready: asyncio.Event) -> None:
        if role.is_ready is not None:
            while not await role.is_ready():
                await asyncio.sleep(_PROBE_SECONDS)
        is_ready.set()

    async def _watch(self, process: RoleProcess) -> None:
        role = process.role
        if role.is_alive is None:
            return
        await until_silent(role.is_alive, self._patience)
        if not self._stopping.is_set() and role.name not in self._leaving:  # else it has a time to stop in, and is killed after it
            self._say(OWN_NAME, f"{role.name} answers no more: it stands still, and what it holds with it; killing it")
            process.kill()

    async def _stop_all(self) -> None:
        for stage in sorted({role.stage for role in self._roles}, reverse=True):
            processes = [self._running[role.name] for role in self._roles if role.stage == stage and role.name in self._running]
            ends = [asyncio.create_task(process.stop()) for process in processes]
            hurry = asyncio.create_task(self._kill_when_hurried())
            await asyncio.gather(*ends)
            hurry.cancel()
        await asyncio.gather(*self._keepers.values())

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
