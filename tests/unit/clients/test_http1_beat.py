"""When connections of streams are held, and that none is held for good. The bound is what the system is told (SO_RCVLOWAT)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowisectl.clients.http1_beat import CAN_HOLD, FREE_PIECES, HELD_BYTES, PATIENT_BEATS, ReadingBeat

pytestmark = pytest.mark.skipif(not CAN_HOLD, reason="connections are only held on Linux")


class Socket:
    """Keeps the bounds that it is given."""

    def __init__(self) -> None:
        self.bounds: list[int] = []
        self.changed = asyncio.Event()

    def setsockopt(self, level: int, option: int, size: int) -> None:
        self.bounds.append(size)
        self.changed.set()


class Connection:
    def __init__(self) -> None:
        self.socket: Any = Socket()
        self.quiet_beats = 0

    async def bound(self, size: int) -> None:
        async with asyncio.timeout(10):
            while not self.socket.bounds or self.socket.bounds[-1] != size:
                self.socket.changed.clear()
                await self.socket.changed.wait()


def heard(beat: ReadingBeat, *connections: Connection) -> None:
    now = asyncio.get_running_loop().time()
    for connection in connections:
        beat.heard(connection, now)


async def test_few_pieces_hold_nothing() -> None:
    beat, connection = ReadingBeat(), Connection()

    heard(beat, *[connection] * FREE_PIECES)

    assert connection.socket.bounds == []


async def test_a_crowd_is_held_until_the_beat_and_then_read() -> None:
    beat = ReadingBeat()
    crowd = [Connection() for _ in range(FREE_PIECES + 2)]

    heard(beat, *crowd)

    assert [connection.socket.bounds for connection in crowd] == [[]] * FREE_PIECES + [[HELD_BYTES]] * 2
    for connection in crowd[FREE_PIECES:]:
        await connection.bound(1)
    beat.close()


async def test_while_it_is_busy_every_piece_has_its_connection_held() -> None:
    beat = ReadingBeat()
    crowd = [Connection() for _ in range(FREE_PIECES + 2)]
    heard(beat, *crowd)
    await crowd[-1].bound(1)

    heard(beat, crowd[0])

    assert crowd[0].socket.bounds == [HELD_BYTES]
    beat.close()


async def test_who_brings_nothing_is_held_again_and_in_the_end_read_as_it_comes() -> None:
    beat = ReadingBeat()
    crowd = [Connection() for _ in range(FREE_PIECES + 1)]
    silent = Connection()
    heard(beat, *crowd, silent)

    for _ in range(PATIENT_BEATS + 1):
        silent.socket.changed.clear()
        await silent.bound(1)
        heard(beat, *crowd)
        await silent.bound(HELD_BYTES) if silent.quiet_beats <= PATIENT_BEATS else None
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert silent.socket.bounds == [HELD_BYTES, 1] * (PATIENT_BEATS + 1)
    beat.close()


async def test_one_that_is_forgotten_is_read_at_once() -> None:
    beat = ReadingBeat()
    crowd = [Connection() for _ in range(FREE_PIECES + 1)]
    heard(beat, *crowd)

    beat.forget(crowd[-1])

    assert crowd[-1].socket.bounds == [HELD_BYTES, 1]
    beat.close()


async def test_a_connection_without_a_socket_is_never_held() -> None:
    beat, closed = ReadingBeat(), Connection()
    closed.socket = None

    heard(beat, *[closed] * (FREE_PIECES + 2))

    beat.close()
    assert closed.quiet_beats == 0
