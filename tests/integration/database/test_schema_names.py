"""What a new database has in common with one of Flowise 3.1.4 beyond its columns: a later Flowise drops and refers to things by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from flowisectl.database.connection import Database, open_database
from flowisectl.database.migrations.flowise_history import flowise_migrations
from flowisectl.database.migrations.flowise_schema import look_at_schema

INDEXES = {
    "IDX_chatflow_name",
    "IDX_e574527322272fd838f4f0f3d3",
    "IDX_e213b811b01405a42309a6a410",
    "IDX_e76bae1780b77e56aab1h2asd4",
    "IDX_custom_mcp_workspace_updated",
    "IDX_schedule_record_targetId",
    "IDX_schedule_trigger_log_scheduleRecordId",
    "IDX_schedule_trigger_log_targetId",
    "idx_execution_workspaceId",
}
"""Those that every kind of database has."""

_INDEX_NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'",
    "mysql": "SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE table_schema = DATABASE()",
}
_KEY_NAMES = {
    "postgresql": "SELECT conrelid::regclass::text AS table, conname AS name FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace",
    "mysql": 'SELECT table_name AS "table", constraint_name AS name FROM information_schema.key_column_usage '
    "WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL",
}


async def names(database: Database, query: str) -> set[str]:
    return {row["name"] for row in await database.fetch(sa.text(query))}


async def test_indexes_carry_flowises_names(database: Database) -> None:
    found = await names(database, _INDEX_NAMES[database.dialect])

    assert found >= INDEXES
    if database.dialect == "postgresql":
        messages_and_feedback = ("f56c36fe42894d57e5c664d229", "f56c36fe42894d57e5c664d230", "9acddcb7a2b51fe37669049fc6")
        assert found >= {f"IDX_{name}" for name in messages_and_feedback} | {"PK_8c82d7f526340ab734260ea46be", "PK_schedule_record"}
    if database.dialect == "mysql":
        assert "IDX_a0b59fd66f6e48d2b198123cb6" in found


async def test_keys_carry_flowises_names(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite's keys have no names that anything refers to")

    rows = await database.fetch(sa.text(_KEY_NAMES[database.dialect]))

    found = {(row["table"], row["name"]) for row in rows}
    assert found >= {("workspace", "fk_organizationId"), ("tool", "fk_tool_workspaceId"), ("execution", "fk_execution_workspaceId")}
    if database.dialect == "postgresql":
        named = {("workspace_user", "pk_workspace_user"), ("role", "fk_createdBy")}
        assert found >= named | {("chat_message_feedback", "UQ_6352078b5a294f2d22179ea7956")}
    else:
        assert found >= {("role", "fk_role_createdBy"), ("workspace_user", "fk_workspace_user_roleId")}


async def test_ids_of_mariadb_compare_as_flowises_do_and_sessions_byte_by_byte(mariadb_server: Any) -> None:
    query = (
        'SELECT table_name AS "table", column_name AS "column", collation_name AS collation FROM information_schema.columns '
        "WHERE table_schema = DATABASE() AND collation_name IS NOT NULL AND table_name NOT LIKE 'flowisectl%'"
    )
    async with open_database(mariadb_server.new_database()) as database:
        rows = await database.fetch(sa.text(query))

    collations = {(row["table"], row["column"]): row["collation"] for row in rows}
    assert {collations[table, "id"] for table in ("user", "organization", "role", "workspace")} == {"utf8mb4_unicode_520_ci"}
    exact = {key for key, collation in collations.items() if collation == "utf8mb4_bin"}
    sessions = {(table, "chatId") for table in ("chat_message", "chat_message_feedback", "lead")}
    assert exact == sessions | {("chat_message", "sessionId"), ("execution", "sessionId"), ("apikey", "apiKey")}


@pytest.mark.parametrize(("kind", "count"), [("mariadb", 60), ("mysql", 61)])
async def test_the_setting_tells_which_of_flowises_two_lists_a_database_gets(mariadb_server: Any, kind: str, count: int) -> None:
    settings = replace(mariadb_server.new_database(), type=kind)
    async with open_database(settings) as database:
        rows = await database.fetch(sa.text('SELECT "timestamp", name FROM migrations ORDER BY id'))
        verdict = await look_at_schema(database)

    assert [(row["timestamp"], row["name"]) for row in rows] == flowise_migrations(kind) and len(rows) == count
    assert not verdict.missing and not verdict.unknown


def test_lists_of_mysql_and_mariadb_hold_what_flowise_writes_there() -> None:
    mysql, mariadb = ({name for _, name in flowise_migrations(kind)} for kind in ("mysql", "mariadb"))

    assert {"AddVariableEntity1699325775451", "FixDocumentStoreFileChunkLongText1765000000000"} <= mysql & mariadb
    assert "FixErrorsColumnInEvaluationRun1746437114935" in mysql - mariadb
    assert "AddWorkspace1725437498242" in mariadb - mysql
