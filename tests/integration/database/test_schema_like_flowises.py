"""The tables that an empty database gets, column by column like those that Flowise's own migrations leave behind.

Needs the sample beside the project: a SQLite file that Flowise made, and a description of its tables in both dialects.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import DatabaseSettings
from flowisectl.database.chat_flow import LATER_COLUMNS
from flowisectl.database.connection import open_database

SAMPLE = Path(__file__).resolve().parents[4] / "shared" / "flowise"
LATER_TABLES = {"custom_mcp_server", "schedule_record", "schedule_trigger_log"}

pytestmark = pytest.mark.skipif(not (SAMPLE / "dropin" / "database.sqlite").is_file(), reason="no sample of a Flowise database")

Columns = dict[str, dict[str, tuple[str, bool, str]]]
"""Table → column → type, may be null, default."""


def sqlite_columns(file: Path) -> Columns:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: {
                name: (kind.lower(), not (is_needed or is_key), plain_default(default))
                for _, name, kind, is_needed, default, is_key in connection.execute(f'PRAGMA table_info("{table}")')
            }
            for table in tables
            if not table.startswith(("flowisectl", "sqlite_")) and table != "login_sessions"
        }


def plain_default(text: str | None) -> str:
    """A default in one spelling: without casts, brackets and quotes; every random id is one."""
    if text is None or text.upper() == "NULL":
        return ""
    if "randomblob" in text or "uuid" in text:
        return "random id"
    plain = re.sub(r"::[a-z ]+", "", text.lower()).strip("'()")
    return {"datetime('now": "now", "current_timestamp": "now", "now": "now", "false": "0", "true": "1"}.get(plain, plain)


async def test_sqlite_has_flowises_columns(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    async with open_database(settings):
        pass

    theirs, ours = sqlite_columns(SAMPLE / "dropin" / "database.sqlite"), sqlite_columns(settings.sqlite_file)

    assert set(ours) - set(theirs) == LATER_TABLES
    for table, columns in theirs.items():
        later = set(LATER_COLUMNS) if table == "chat_flow" else set()
        assert {name: about for name, about in ours[table].items() if name not in later} == columns, table


async def test_sqlite_has_flowises_indexes(tmp_path: Path) -> None:
    settings = DatabaseSettings(path=tmp_path)
    async with open_database(settings):
        pass

    def indexes(file: Path) -> set[tuple[str, str, str]]:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
            return {(name, table, re.sub(r'[\s"]', "", sql).lower()) for name, table, sql in rows if not name.startswith("flowisectl")}

    theirs, ours = indexes(SAMPLE / "dropin" / "database.sqlite"), indexes(settings.sqlite_file)

    assert theirs <= ours
    assert {table for _, table, _ in ours - theirs} <= LATER_TABLES


def described_columns() -> Columns:
    """PostgreSQL's columns as `database.md` lists them: `| column | sqlite | postgresql | null | default |`, two values by ` / `."""
    found: Columns = {}
    table = ""
    for line in (SAMPLE / "database.md").read_text(encoding="utf8").splitlines():
        if heading := re.fullmatch(r"### `(\w+)`", line):
            table = heading[1]
        elif line.startswith("## "):
            table = ""
        elif table and (row := re.match(r"\| `(\w+)`[^|]*\|[^|]*\| ([^|]+) \| ([^|]+) \|(.*)\|$", line)):
            name, kind, null, default = row[1], row[2].strip(), row[3].strip(), row[4].strip()
            if kind != "—":
                value = default.rpartition(" / ")[2].strip("`– ")
                found.setdefault(table, {})[name] = (kind, null.rpartition(" / ")[2].startswith("yes"), plain_default(value))
    return found


async def test_postgresql_has_flowises_columns(postgres_server: Any) -> None:
    query = (
        "SELECT table_name AS table, column_name AS column, udt_name AS type, character_maximum_length AS length, "
        "is_nullable = 'YES' AS nullable, coalesce(column_default, '') AS default FROM information_schema.columns "
        "WHERE table_schema = 'public'"
    )
    async with open_database(postgres_server.new_database()) as database:
        rows = await database.fetch(sa.text(query))
    ours: Columns = {}
    for row in rows:
        kind = {"bool": "boolean"}.get(row["type"], row["type"]) + (f"({row['length']})" if row["length"] else "")
        ours.setdefault(row["table"], {})[row["column"]] = (kind, row["nullable"], plain_default(row["default"]))

    theirs = described_columns()

    assert len(theirs) > 25
    for table, columns in theirs.items():
        assert ours[table] == columns, table
