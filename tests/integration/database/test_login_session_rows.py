"""Sessions in the database: they outlive the process, end in time, and are Flowise's own rows."""

from __future__ import annotations

import time

from config.settings import DatabaseSettings
from flowisectl.database.connection import Database, open_database
from flowisectl.web.access.database_sessions import DatabaseSessions
from flowisectl.web.access.sessions import LIFETIME_SECONDS

ADA, EVE = {"id": "ada", "name": "Ada"}, {"id": "eve", "name": "Eve"}


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


async def test_a_session_outlives_the_process(empty_settings: DatabaseSettings) -> None:
    async with open_database(empty_settings) as database:
        session_id = await DatabaseSessions(database).open(ADA)

    async with open_database(empty_settings) as database:
        assert await DatabaseSessions(database).user(session_id) == ADA
        assert await DatabaseSessions(database).user("nobody") is None


async def test_a_session_ends_unless_it_is_used(database: Database) -> None:
    clock = Clock()
    sessions = DatabaseSessions(database, clock)
    used, unused = await sessions.open(ADA), await sessions.open(EVE)

    clock.now += LIFETIME_SECONDS - 10
    assert await sessions.user(used) == ADA
    clock.now += 20

    assert await sessions.user(used) == ADA and await sessions.user(unused) is None


async def test_closing_ends_one_session_or_all_of_a_user(database: Database) -> None:
    sessions = DatabaseSessions(database)
    first, second, other = await sessions.open(ADA), await sessions.open(ADA), await sessions.open(EVE)

    await sessions.close(first)
    count = await sessions.close_all_of("ada")

    assert count == 1 and await sessions.user(first) is None and await sessions.user(second) is None
    assert await sessions.user(other) == EVE


async def test_rows_that_no_session_library_wrote_are_nobody(database: Database) -> None:
    sessions = DatabaseSessions(database)
    session_id = await sessions.open({})

    assert await sessions.user(session_id) is None
