"""When the connections of many streams are read: while tokens come thick and fast, all together on a beat.

A token that wakes this process for itself costs several times what it costs among others: the wake-up, a write to Redis, and
as much again in the process that reads there. So a busy process lets the system keep what comes, and takes it from all
connections at once. The more streams there are, the more a beat saves, and the longer it is: from two to five frames of a
screen, which nobody sees in a text that grows. What somebody would see is not held: the first words of an answer, and streams
that are few.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Protocol

SHORTEST_SECONDS, LONGEST_SECONDS = 0.032, 0.080
SECONDS_FOR_A_STREAM = 0.001
FREE_PIECES = 6
"""So many pieces in one beat are read as they come; one or two streams never notice anything."""
HELD_BYTES = 16 * 1024
"""What comes thicker is read before the beat."""
PATIENT_BEATS = 8
"""A connection that has brought nothing for so many beats is read as its pieces come."""

_LEVEL, _BOUND = socket.SOL_SOCKET, socket.SO_RCVLOWAT

CAN_HOLD = sys.platform == "linux"
"""Elsewhere the bound of SO_RCVLOWAT does not keep an event loop from waking up."""


class Held(Protocol):
    """A connection, seen from here."""

    socket: socket.socket | None
    """None when it cannot be held."""
    quiet_beats: int
    """In a row, without a piece."""


class ReadingBeat:
    """The beat of one process's connections. It rests while nothing is held."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._held: set[Held] = set()
        self._pieces = 0
        """Since the last beat."""
        self._is_busy = False
        """So many pieces came in the last beat that this one's are held from the first."""
        self._until = 0.0
        """When this beat is over, on the loop's clock."""
        self._timer: asyncio.TimerHandle | None = None

    def heard(self, connection: Held, now: float) -> None:
        """A piece came, and its reader has no hurry to have the next."""
        connection.quiet_beats = 0
        if self._timer is None and now >= self._until:
            self._pieces, self._until = 0, now + SHORTEST_SECONDS
        self._pieces += 1
        if (self._is_busy or self._pieces > FREE_PIECES) and connection.socket is not None and CAN_HOLD:
            _set_bound(connection.socket, HELD_BYTES)
            self._held.add(connection)
            if self._timer is None:
                self._timer = self._loop.call_at(self._until, self._beat)

    def forget(self, connection: Held) -> None:
        """Read this connection as its pieces come, from now on."""
        if connection in self._held:
            self._held.discard(connection)
            if connection.socket is not None:
                _set_bound(connection.socket, 1)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for connection in list(self._held):
            self.forget(connection)

    def _beat(self) -> None:
        """Let every connection that has something be read in this turn of the loop."""
        self._is_busy = self._pieces > FREE_PIECES
        self._pieces = 0
        for connection in self._held:
            connection.quiet_beats += 1
            if connection.socket is not None:
                _set_bound(connection.socket, 1)
        self._until = self._loop.time() + min(SHORTEST_SECONDS + len(self._held) * SECONDS_FOR_A_STREAM, LONGEST_SECONDS)
        if self._is_busy:
            self._timer = self._loop.call_at(self._until, self._beat)
            # Two turns from now: between this one and that the loop has asked the system who has something.
            self._loop.call_soon(self._loop.call_soon, self._hold_again)
        else:
            self._held.clear()
            self._timer = None

    def _hold_again(self) -> None:
        """Who had nothing to be read waits for the next beat, but not for ever."""
        for connection in list(self._held):
            if connection.quiet_beats == 0:
                continue
            if connection.quiet_beats > PATIENT_BEATS or connection.socket is None:
                self._held.discard(connection)
            else:
                _set_bound(connection.socket, HELD_BYTES)


def _set_bound(connection: socket.socket, size: int) -> None:
    """How many bytes have to wait in the system before it wakes whoever reads; an end or a break of the connection always does."""
    try:
        connection.setsockopt(_LEVEL, _BOUND, size)
    except OSError:  # it is closed
        return
