"""What every role's process does first and last: its event loop, its log, its port, its exit status."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import socket
import sys
from collections.abc import Coroutine, Mapping
from typing import Any, TextIO, cast

from config.settings import LogSettings
from flowisectl.errors import Unavailable

SUPERVISED = "FLOWISECTL_SUPERVISED"
"""Set in the environment of a supervised role: `terminal` when the supervisor's lines go to a terminal."""

GC_YOUNG_OBJECTS = 20_000
SWITCH_SECONDS = 0.001
"""How long a thread that parses a file or splits a text may keep the interpreter from the event loop; Python's own is 0.005."""


class PortTaken(Unavailable):
    """Something else listens where a role wants to."""


def run_role(work: Coroutine[Any, Any, int]) -> int:
    """Run a role to its end, on uvloop where there is one; gives the exit status."""
    # A thousand open runs are many objects that live for seconds: with Python's usual thresholds the collector would walk
    # all of them again and again. What was imported is never walked.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_YOUNG_OBJECTS, 20, 50)
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=_new_loop()) as runner:
        return runner.run(work)


def start_logging(settings: LogSettings, role: str, environment: Mapping[str, str]) -> None:
    """Log as a terminal wants it when a person reads along, if only through the supervisor."""
    from flowisectl.observability.logging import open_logging

    stream = _TerminalLike(sys.stderr) if environment.get(SUPERVISED) == "terminal" else sys.stderr
    open_logging(settings, role, stream=cast(TextIO, stream))
    logging.captureWarnings(True)


def bound_socket(host: str, port: int, variable: str) -> socket.socket:
    """A TCP socket that holds its address but does not listen yet. Raises PortTaken, which names the variable."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except (OSError, OverflowError) as error:
        made.close()
        raise PortTaken(_why_not(error, host, port, variable)) from error
    return made


def free_port(host: str, wanted: int, variable: str, *, taken: set[int], tries: int = 50) -> int:
    """The first free port from `wanted` on (0: any). Ports of `taken` are passed over, and the one found is added. Raises PortTaken."""
    for number in range(tries):
        candidate = wanted + number if wanted else 0
        if candidate > 65_535:
            break
        try:
            with bound_socket(host, candidate, variable) as probe:
                found = int(probe.getsockname()[1])
        except PortTaken:
            continue
        if found not in taken:
            taken.add(found)
            return found
    raise PortTaken(f"{variable} {wanted}: no free port from there on: set another {variable}")


def _why_not(error: Exception, host: str, port: int, variable: str) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"{variable} {port} is taken on {host}: stop what listens there, or set another {variable}"
    if number in (errno.EACCES, errno.EPERM):
        return f"{variable} {port} needs more rights: set a {variable} above 1023"
    return f"cannot listen on {host} port {port} ({error}): set HOST to an address of this machine"


def _new_loop() -> Any:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


class _TerminalLike:
    """A stream that says that it is a terminal: the supervisor behind it writes to one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def isatty(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def supervised_environment(environment: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of a supervised role: the variables in force, files included, and what the supervisor has decided."""
    mark = "terminal" if sys.stdout.isatty() else "yes"
    return {**os.environ, **environment, **changes, SUPERVISED: mark, "PYTHONUNBUFFERED": "1"}
