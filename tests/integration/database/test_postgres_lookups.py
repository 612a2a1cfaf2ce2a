"""Hot reads of PostgreSQL: the same answers as the plain way, through broken connections too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from config.settings import DatabaseSettings
from flowisectl.database import api_key, chat_flow
from flowisectl.database.chat_flow import flow_version, insert_flow
from flowisectl.database.connection import Database, open_database
from flowisectl.database.postgres_lookups import CONNECTIONS, PostgresLookups
from flowisectl.errors import DatabaseUnavailable


@pytest.fixture
def settings(postgres_server: Any) -> DatabaseSettings:
    made: DatabaseSettings = postgres_server.new_database()
    return made


@pytest.fixture
async def database(settings: DatabaseSettings) -> AsyncIterator[Database]:
    async with open_database(settings) as opened:
        yield opened


async def lookups_of(settings: DatabaseSettings, database: Database, opened: list[Any]) -> PostgresLookups:
    async def connect() -> Any:
        opened.append(await asyncpg.connect(host=settings.host, user=settings.user, database=settings.name))
        return opened[-1]

    return PostgresLookups(database.engine.dialect, connect)


async def test_a_lookup_gives_what_the_plain_read_gives(database: Database) -> None:
    row = await insert_flow(database, {"name": "f", "flowData": "{}"})

    assert await flow_version(database, row["id"]) == row["updatedDate"]
    plain = await database.fetch(chat_flow._VERSION.statement, {"flow_id": row["id"]})
    assert await database.find(chat_flow._VERSION, {"flow_id": row["id"]}) == plain[0]
    assert await database.find(api_key._BY_TEXT, {"key": "none"}) is None


async def test_reads_at_once_share_a_few_connections(settings: DatabaseSettings, database: Database) -> None:
    row = await insert_flow(database, {"name": "f", "flowData": "{}"})
    opened: list[Any] = []
    lookups = await lookups_of(settings, database, opened)

    found = await asyncio.gather(*(lookups.find(chat_flow._VERSION, {"flow_id": row["id"]}) for _ in range(50)))

    assert found == [{"updatedDate": row["updatedDate"]}] * 50
    assert len(opened) <= CONNECTIONS
    await lookups.close()
    assert all(connection.is_closed() for connection in opened)


async def test_a_connection_that_was_cut_is_replaced_without_anybody_noticing(database: Database) -> None:
    row = await insert_flow(database, {"name": "f", "flowData": "{}"})
    await flow_version(database, row["id"])

    async with database.read() as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert (await connection.execute(sa.text(f"SELECT count(pg_terminate_backend(pid)) {others}"))).scalar()

    assert [await flow_version(database, row["id"]) for _ in range(3)] == [row["updatedDate"]] * 3


async def test_a_connection_of_which_a_read_was_given_up_is_not_used_again(settings: DatabaseSettings, database: Database) -> None:
    row = await insert_flow(database, {"name": "f", "flowData": "{}"})
    opened: list[Any] = []
    lookups = await lookups_of(settings, database, opened)
    await lookups.find(chat_flow._VERSION, {"flow_id": row["id"]})
    async with database.write() as connection:
        await connection.execute(sa.text("LOCK TABLE chat_flow IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await lookups.find(chat_flow._VERSION, {"flow_id": row["id"]})

    assert await lookups.find(chat_flow._VERSION, {"flow_id": row["id"]}) == {"updatedDate": row["updatedDate"]}
    assert len(opened) == 2
    assert opened[0].is_closed()
    await lookups.close()


async def test_a_value_that_cannot_be_asked_for_is_told_as_before(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)uuid") as told:
        await database.find(chat_flow._VERSION, {"flow_id": "no uuid"})

    assert not isinstance(told.value, DatabaseUnavailable)
