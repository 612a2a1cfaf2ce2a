from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from config.settings import DatabaseSettings
from flowisectl.database import chat_flow, chat_message, sqlite
from flowisectl.database.column_types import new_id
from flowisectl.database.connection import Database, open_database
from flowisectl.database.rows import table_of
from flowisectl.errors import DatabaseUnavailable, InvalidSetting

PASSWORD = "p4ss-word-in-no-message"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def test_absent_server_is_named_without_the_password() -> None:
    settings = DatabaseSettings(type="postgres", host="127.0.0.1", port=free_port(), name="flows", user="ada", password=PASSWORD)

    with pytest.raises(DatabaseUnavailable) as caught:
        async with open_database(settings):
            pass

    assert f"'flows' at 127.0.0.1:{settings.port} (user 'ada')" in str(caught.value)
    assert "DATABASE_" in str(caught.value) and "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)


async def test_missing_database_of_a_server_is_named(postgres_server: object) -> None:
    from dataclasses import replace

    settings = replace(postgres_server.new_database(), name="no_such_database", password=PASSWORD)  # type: ignore[attr-defined]

    with pytest.raises(DatabaseUnavailable, match="no_such_database") as caught:
        async with open_database(settings):
            pass

    assert PASSWORD not in str(caught.value)


async def test_a_restarted_server_is_met_anew(postgres_server: object) -> None:
    settings = postgres_server.new_database()  # type: ignore[attr-defined]
    async with open_database(settings) as database:
        flow_id = new_id()
        await database.ping()
        kill = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{settings.name}'"

        postgres_server.handle.psql(kill)  # type: ignore[attr-defined]
        await database.ping()
        postgres_server.handle.psql(kill)  # type: ignore[attr-defined]
        message = {"role": "userMessage", "chatflowid": flow_id, "content": "x", "chatId": "c", "sessionId": "s"}
        await chat_message.insert_messages(database, [message])

        assert len(await chat_message.session_messages(database, flow_id, "s")) == 1


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(DatabaseUnavailable, match="DATABASE_PATH"):
        async with open_database(DatabaseSettings(path=tmp_path / "file" / "data")):
            pass


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "database.sqlite").write_bytes(os.urandom(8192))

    with pytest.raises(DatabaseUnavailable, match=r"database\.sqlite"):
        async with open_database(DatabaseSettings(path=tmp_path)):
            pass


@pytest.mark.parametrize("type", ["oracle", "postgresdb"])
async def test_a_kind_that_is_not_supported_is_an_invalid_setting(type: str) -> None:
    with pytest.raises(InvalidSetting, match="DATABASE_TYPE"):
        async with open_database(DatabaseSettings(type=type)):
            pass


async def test_a_held_write_lock_is_waited_for_and_readers_go_on(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    async with open_database(settings) as database:
        flow_id = new_id()
        with closing(sqlite3.connect(settings.sqlite_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            message = {"role": "userMessage", "chatflowid": flow_id, "content": "x", "chatId": "c", "sessionId": "s"}
            writing = asyncio.create_task(chat_message.insert_messages(database, [message]))

            assert await chat_flow.list_flow_rows(database, None) == ([], 0)
            assert await chat_flow.flow_version(database, flow_id) is None
            assert not writing.done()
            other.execute("COMMIT")
        await asyncio.wait_for(writing, 60)

        assert len(await chat_message.session_messages(database, flow_id, "s")) == 1


async def test_a_lock_that_is_never_let_go_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    settings = DatabaseSettings(path=tmp_path)
    async with open_database(settings) as database:
        with closing(sqlite3.connect(settings.sqlite_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            message = {"role": "userMessage", "chatflowid": new_id(), "content": "x", "chatId": "c"}
            writes = [chat_message.insert_messages(database, [message]) for _ in range(3)]

            outcomes = await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), 30)

            assert [type(outcome) for outcome in outcomes] == [DatabaseUnavailable] * 3
            with pytest.raises(DatabaseUnavailable, match="locked by another process"):
                await chat_flow.insert_flow(database, {"name": "a", "flowData": "{}"})


async def test_a_write_cancelled_while_it_waits_lets_go_of_the_lock(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    async with open_database(settings) as database:
        with closing(sqlite3.connect(settings.sqlite_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(chat_flow.insert_flow(database, {"name": "cancelled", "flowData": "{}"}))
            await asyncio.wait([writing], timeout=0.2)
            writing.cancel()
            await asyncio.sleep(0)
            other.execute("COMMIT")
            outcome = (await asyncio.gather(writing, return_exceptions=True))[0]

            made = await asyncio.wait_for(chat_flow.insert_flow(database, {"name": "next", "flowData": "{}"}), 20)
            other.execute("BEGIN IMMEDIATE")
            other.execute("COMMIT")

        assert isinstance(outcome, asyncio.CancelledError)
        assert [row["id"] for row in (await chat_flow.list_flow_rows(database, None))[0]] == [made["id"]]


async def test_a_transaction_that_raises_stores_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as connection:
            await connection.execute(table_of(chat_flow.ChatFlow).insert(), {"name": "a", "flowData": "{}"})
            raise ZeroDivisionError

    assert await chat_flow.list_flow_rows(database, None) == ([], 0)


async def test_nothing_is_taken_after_closing(tmp_path: Path) -> None:
    async with open_database(DatabaseSettings(path=tmp_path)) as database:
        message = {"role": "userMessage", "chatflowid": new_id(), "content": "x", "chatId": "c"}
        waiting = [asyncio.create_task(chat_message.insert_messages(database, [message])) for _ in range(3)]
        await asyncio.sleep(0)
    with pytest.raises(DatabaseUnavailable, match="being closed"):
        await chat_message.insert_messages(database, [message])

    assert [task.exception() for task in waiting] == [None] * 3
