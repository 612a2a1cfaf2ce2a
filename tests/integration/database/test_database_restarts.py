"""A database server that goes away and comes back: what is asked meanwhile is refused at once, and nothing has to be opened anew."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from own_servers import PASSWORD, OwnMariaDb, OwnPostgres

from flowisectl.database import chat_message
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import open_database
from flowisectl.errors import DatabaseUnavailable


@pytest.fixture(params=["postgres", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[OwnPostgres | OwnMariaDb]:
    with tempfile.TemporaryDirectory(prefix=f"flowisectl-{request.param}-restart-") as name:
        if request.param == "postgres":
            yield OwnPostgres(Path(name), access="host all all 127.0.0.1/32 scram-sha-256\n", options={})
        else:
            yield OwnMariaDb(Path(name))


async def test_a_server_may_restart_under_an_open_database(server: OwnPostgres | OwnMariaDb) -> None:
    flow_id = new_id()
    message = {"role": "userMessage", "chatflowid": flow_id, "content": "x", "chatId": "c", "sessionId": "s"}
    first = server.running()
    first.__enter__()
    async with open_database(server.settings) as database:
        # Several connections are in the pool, all of which will be broken.
        await asyncio.gather(*(database.fetch(sa.text("SELECT 1 AS one")) for _ in range(5)))
        await chat_message.insert_messages(database, [{**message, "content": "before"}])

        await asyncio.to_thread(first.__exit__, None, None, None)
        with pytest.raises(DatabaseUnavailable) as reading:
            await asyncio.wait_for(database.ping(), 30)
        with pytest.raises(DatabaseUnavailable) as writing:
            await asyncio.wait_for(chat_message.insert_messages(database, [{**message, "content": "meanwhile"}]), 30)

        second = server.running()
        await asyncio.to_thread(second.__enter__)
        try:
            await asyncio.gather(*(database.ping() for _ in range(5)))
            await chat_message.insert_messages(database, [{**message, "content": "after"}])
            kept = [row["content"] for row in await chat_message.session_messages(database, flow_id, "s")]
        finally:
            await asyncio.to_thread(second.__exit__, None, None, None)

    assert kept == ["before", "after"]
    assert all(PASSWORD not in str(caught.value) and "\n" not in str(caught.value) for caught in (reading, writing))
