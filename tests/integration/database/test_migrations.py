from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

import flowisectl.database.accounts
import flowisectl.database.assistant
import flowisectl.database.checkpoint
import flowisectl.database.credential
import flowisectl.database.document_store
import flowisectl.database.document_store_file_chunk
import flowisectl.database.execution_listing
import flowisectl.database.lead
import flowisectl.database.tool
import flowisectl.database.variable  # noqa: F401  (every table class, for the comparison with the migrated schema)
from config.settings import DatabaseSettings
from flowisectl.database import chat_flow
from flowisectl.database.connection import Database, open_database
from flowisectl.database.migrations import runner
from flowisectl.database.migrations.flowise_history import flowise_migrations
from flowisectl.database.migrations.indexes import INDEXES
from flowisectl.database.role import general_role, permissions_of
from flowisectl.errors import DatabaseUnavailable

FLOWISE_TABLES = {
    "apikey", "assistant", "chat_flow", "chat_message", "chat_message_feedback", "credential", "custom_mcp_server", "custom_template",
    "dataset", "dataset_row", "document_store", "document_store_file_chunk", "evaluation", "evaluation_run", "evaluator", "execution",
    "lead", "login_activity", "login_method", "migrations", "organization", "organization_user", "role", "schedule_record",
    "schedule_trigger_log", "tool", "upsert_history", "user", "variable", "workspace", "workspace_shared", "workspace_user",
}  # fmt: skip

MIGRATE = """
import asyncio, sys
from pathlib import Path
from config.settings import DatabaseSettings
from flowisectl.database.connection import open_database
from flowisectl.database.migrations.runner import schema_state

type, path, host, name, user = sys.argv[1:]

async def main():
    settings = DatabaseSettings(type=type, path=Path(path), host=host, name=name, user=user)
    print("ready", flush=True)
    sys.stdin.readline()
    async with open_database(settings) as database:
        state = await schema_state(database)
        print("current" if state.is_current else "behind", flush=True)

asyncio.run(main())
"""


def of_table(database: Database, table: str) -> str:
    """MySQL's indexes have names within their table only."""
    return f' ON "{table}"' if database.dialect == "mysql" else ""


async def inspected(database: Database) -> dict[str, dict[str, bool]]:
    """Table → column → may be null, as the database itself tells."""

    def look(connection: sa.Connection) -> dict[str, dict[str, bool]]:
        inspector = sa.inspect(connection)
        names = inspector.get_table_names()
        return {name: {column["name"]: bool(column["nullable"]) for column in inspector.get_columns(name)} for name in names}

    async with database.read() as connection:
        return await connection.run_sync(look)


async def test_fresh_database_has_every_table_and_what_the_classes_say(database: Database) -> None:
    tables = await inspected(database)

    assert set(tables) == FLOWISE_TABLES | {
        "flowisectl_alembic_version",
        "flowisectl_checkpoint",
        "flowisectl_attempt",
        "flowisectl_payload",
    }
    for name, table in SQLModel.metadata.tables.items():
        for column in table.columns:
            assert column.name in tables[name], f"{name}.{column.name}"
            assert tables[name][column.name] == column.nullable, f"{name}.{column.name}"


async def test_fresh_database_lists_every_migration_of_flowise_in_order(database: Database) -> None:
    rows = await database.fetch(sa.text('SELECT "timestamp", name FROM migrations ORDER BY id'))

    stamps = [int(row["timestamp"]) for row in rows]
    assert len(rows) == {"sqlite": 57, "postgresql": 59, "mysql": 60}[database.dialect]
    assert stamps == sorted(stamps)
    assert all(row["name"].endswith(str(row["timestamp"])) for row in rows)
    kind = "mariadb" if database.dialect == "mysql" else database.dialect
    assert [(row["timestamp"], row["name"]) for row in rows] == flowise_migrations(kind)


async def test_fresh_database_has_the_roles(database: Database) -> None:
    roles = [await general_role(database, name) for name in ("owner", "member", "personal workspace")]

    assert [len(permissions_of(role)) if role else None for role in roles] == [2, 0, 71]
    assert await general_role(database, "nobody") is None


async def test_defaults_of_the_database_fill_what_an_insert_leaves_out(database: Database) -> None:
    uuid = "8c1f7a52-0d0b-4f8e-9a53-b5d0d1a6c001"
    async with database.write() as connection:
        await connection.exec_driver_sql(f"INSERT INTO chat_flow (id, name, \"flowData\") VALUES ('{uuid}', 'raw', '{{}}')")

    row = await chat_flow.get_flow_row(database, uuid)

    assert row is not None
    assert row["type"] == "CHATFLOW" and row["webhookSecretConfigured"] is False
    assert row["createdDate"].endswith("Z") and row["createdDate"] == row["updatedDate"]


async def test_opening_again_changes_nothing_and_recreates_a_lost_index(empty_settings: DatabaseSettings) -> None:
    async with open_database(empty_settings) as database:
        before = await inspected(database)
        async with database.write() as connection:
            await connection.exec_driver_sql('DROP INDEX "flowisectl_message_chat"' + of_table(database, "chat_message"))
        lost = await runner.schema_state(database)

    async with open_database(empty_settings) as database:
        state = await runner.schema_state(database)

        assert lost.missing_indexes == {"flowisectl_message_chat"} and not lost.is_current
        assert state.is_current and await inspected(database) == before


async def test_hot_questions_are_answered_by_an_index(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    async with open_database(settings):
        pass

    with closing(sqlite3.connect(settings.sqlite_file)) as connection:
        plans = [
            connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()[0][3]
            for statement in (
                "SELECT * FROM chat_message WHERE chatflowid = 'a' AND sessionId = 'b' ORDER BY createdDate",
                "SELECT * FROM execution WHERE agentflowId = 'a' AND sessionId = 'b' ORDER BY createdDate DESC LIMIT 1",
                "SELECT * FROM apikey WHERE apiKey = 'a'",
                "SELECT * FROM chat_message WHERE chatId = 'a'",
            )
        ]
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]

    assert mode == "wal"
    assert ["flowisectl_message_session" in plans[0], "flowisectl_execution_session" in plans[1]] == [True, True]
    assert ["flowisectl_apikey_text" in plans[2], "flowisectl_message_chat" in plans[3]] == [True, True]


async def test_six_processes_can_start_at_once_on_an_empty_database(empty_settings: DatabaseSettings) -> None:
    arguments = [empty_settings.type, str(empty_settings.path), empty_settings.host, empty_settings.name, empty_settings.user]
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, *arguments, stdin=pipe, stdout=pipe, stderr=pipe)
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"

    answers = await asyncio.wait_for(asyncio.gather(*[process.communicate(b"go\n") for process in processes]), 100)

    assert [(out, process.returncode) for (out, _), process in zip(answers, processes, strict=True)] == [(b"current\n", 0)] * 6, answers
    async with open_database(empty_settings, migrate=False) as database:
        counts = await database.fetch(sa.text("SELECT (SELECT count(*) FROM role) AS roles, (SELECT count(*) FROM migrations) AS steps"))
        assert counts == [{"roles": 3, "steps": {"sqlite": 57, "postgresql": 59, "mysql": 60}[database.dialect]}]


async def test_a_worker_waits_until_the_server_has_migrated(empty_settings: DatabaseSettings) -> None:
    async with open_database(empty_settings, migrate=False) as worker:
        waiting = asyncio.create_task(runner.wait_for_schema(worker, 60))
        with pytest.raises(DatabaseUnavailable, match="not migrated"):
            await runner.wait_for_schema(worker, 0)
        assert not waiting.done()

        async with open_database(empty_settings):
            await asyncio.wait_for(waiting, 60)

        assert await chat_flow.list_flow_rows(worker, None) == ([], 0)


async def test_reading_before_the_migration_says_what_to_run(empty_settings: DatabaseSettings) -> None:
    async with open_database(empty_settings, migrate=False) as database:
        with pytest.raises(DatabaseUnavailable, match="flowisectl database migrate"):
            await chat_flow.list_flow_rows(database, None)


async def test_a_step_that_fails_half_way_leaves_nothing_behind(empty_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(dialect: str) -> list[tuple[int, str]]:
        raise DatabaseUnavailable("the disk is full")

    monkeypatch.setattr("flowisectl.database.migrations.flowise_history.flowise_migrations", broken)
    with pytest.raises(DatabaseUnavailable, match="disk"):
        async with open_database(empty_settings):
            pass
    async with open_database(empty_settings, migrate=False) as database:
        assert await inspected(database) == {}

    monkeypatch.undo()
    async with open_database(empty_settings) as database:
        assert (await runner.schema_state(database)).is_current


async def test_a_failed_migration_leaves_nothing_behind(empty_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    if empty_settings.type == "mariadb":
        pytest.skip("indexes are no part of a transaction there; they are made at the next start")

    def broken() -> list[str]:
        return ["CREATE INDEX broken ON no_such_table (id)"]

    monkeypatch.setattr(runner, "create_statements", broken)
    with pytest.raises(DatabaseUnavailable):
        async with open_database(empty_settings):
            pass
    async with open_database(empty_settings, migrate=False) as database:
        assert await inspected(database) == {}

    monkeypatch.undo()
    async with open_database(empty_settings) as database:
        assert (await runner.schema_state(database)).is_current


async def test_tables_that_are_not_flowises_are_left_alone(empty_settings: DatabaseSettings) -> None:
    async with open_database(empty_settings, migrate=False) as database:
        async with database.write() as connection:
            await connection.exec_driver_sql('CREATE TABLE "user" (id integer, secret text)')
        with pytest.raises(DatabaseUnavailable, match="not Flowise's"):
            await runner.migrate(database)
        assert await inspected(database) == {"user": {"id": True, "secret": True}}


async def test_an_older_flowise_database_is_refused_with_what_it_lacks(empty_settings: DatabaseSettings) -> None:
    async with open_database(empty_settings) as database, database.write() as connection:
        await connection.exec_driver_sql("DROP TABLE flowisectl_alembic_version")
        await connection.exec_driver_sql('ALTER TABLE chat_message DROP COLUMN "reasonContent"')

    with pytest.raises(DatabaseUnavailable, match=r"chat_message\.reasonContent"):
        async with open_database(empty_settings):
            pass


async def test_a_flowise_database_without_the_newest_columns_is_adopted_as_it_is(empty_settings: DatabaseSettings) -> None:
    async with open_database(empty_settings) as database, database.write() as connection:
        for table in ("flowisectl_alembic_version", "custom_mcp_server", "schedule_record", "schedule_trigger_log"):
            await connection.exec_driver_sql(f"DROP TABLE {table}")
        for column in chat_flow.LATER_COLUMNS:
            await connection.exec_driver_sql(f'ALTER TABLE chat_flow DROP COLUMN "{column}"')
        for index in INDEXES:
            await connection.exec_driver_sql(f'DROP INDEX "{index}"' + of_table(database, INDEXES[index][0]))

    async with open_database(empty_settings) as database:
        tables = await inspected(database)
        made = await chat_flow.insert_flow(database, {"name": "a", "flowData": "{}", "mcpServerConfig": "{}"})
        changed = await chat_flow.update_flow(database, made["id"], {"name": "b", "webhookSecretConfigured": True})

        assert (await runner.schema_state(database)).is_current
        assert not set(chat_flow.LATER_COLUMNS) & set(tables["chat_flow"])
        assert "schedule_record" not in tables
        assert changed is not None and changed["name"] == "b" and changed["mcpServerConfig"] is None
        assert (await chat_flow.list_flow_rows(database, None))[0] == [changed]


async def test_two_databases_of_one_server_do_not_wait_for_each_other(tmp_path: Path) -> None:
    first, second = DatabaseSettings(path=tmp_path / "a"), replace(DatabaseSettings(), path=tmp_path / "b")

    async with open_database(first) as one, open_database(second) as two:
        await chat_flow.insert_flow(one, {"name": "a", "flowData": "{}"})

        assert (await chat_flow.list_flow_rows(two, None))[1] == 0


def test_head_is_the_newest_step() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(runner.__file__).parent))

    assert ScriptDirectory.from_config(config).get_heads() == [runner.HEAD]
