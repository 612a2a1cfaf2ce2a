"""A database of an older or a newer Flowise: refused with what differs, only read, or used, as DATABASE_UNKNOWN_SCHEMA says."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from config.settings import DatabaseSettings
from flowisectl.database import chat_flow
from flowisectl.database.connection import open_database
from flowisectl.database.migrations import runner
from flowisectl.database.migrations.flowise_history import flowise_migrations
from flowisectl.database.migrations.flowise_schema import NEEDED, SchemaKind, UnknownSchema, judge
from flowisectl.errors import DatabaseReadOnly
from roles.presence import readiness_of

TOMORROW = "AddTomorrow1999999999999"


async def change(settings: DatabaseSettings, *statements: str) -> None:
    async with open_database(settings) as database, database.write() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


@pytest.fixture
async def newer(empty_settings: DatabaseSettings) -> DatabaseSettings:
    """A database that a Flowise of tomorrow has opened since."""
    await change(empty_settings, f"INSERT INTO migrations (\"timestamp\", name) VALUES (1999999999999, '{TOMORROW}')")
    return empty_settings


async def test_a_newer_schema_is_refused_with_what_differs(newer: DatabaseSettings) -> None:
    with pytest.raises(UnknownSchema, match=rf"{TOMORROW}.*newer Flowise.*DATABASE_UNKNOWN_SCHEMA=read-only"):
        async with open_database(newer):
            pass

    async with open_database(newer, migrate=False) as database:
        with pytest.raises(UnknownSchema, match=TOMORROW):
            await runner.wait_for_schema(database, 60)


async def test_a_newer_schema_that_was_never_ours_is_refused_too(newer: DatabaseSettings) -> None:
    allowed = replace(newer, unknown_schema="allow")
    await change(allowed, "DROP TABLE flowisectl_alembic_version")

    with pytest.raises(UnknownSchema, match=TOMORROW):
        async with open_database(newer):
            pass
    async with open_database(allowed) as database:
        assert (await runner.schema_state(database)).is_current


async def test_a_newer_schema_is_only_read_on_request(newer: DatabaseSettings) -> None:
    await change(
        replace(newer, unknown_schema="allow"),
        "INSERT INTO variable (id, name, value) VALUES ('8c1f7a52-0d0b-4f8e-9a53-b5d0d1a6c001', 'company', 'ACME')",
    )

    async with open_database(replace(newer, unknown_schema="read-only")) as database:
        rows = await database.fetch(sa.text("SELECT name FROM variable"))
        with pytest.raises(DatabaseReadOnly, match="nothing was stored"):
            await chat_flow.insert_flow(database, {"name": "a", "flowData": "{}"})
        report = await readiness_of(database, None).report()

        assert rows == [{"name": "company"}]
        assert database.is_read_only and report.is_ready


async def test_a_newer_schema_is_written_on_request(newer: DatabaseSettings) -> None:
    async with open_database(replace(newer, unknown_schema="allow")) as database:
        made = await chat_flow.insert_flow(database, {"name": "a", "flowData": "{}"})

        assert (await chat_flow.get_flow_row(database, made["id"]) or {})["name"] == "a"


async def test_an_older_schema_is_never_written(empty_settings: DatabaseSettings) -> None:
    await change(empty_settings, "DROP TABLE flowisectl_alembic_version", 'ALTER TABLE chat_message DROP COLUMN "reasonContent"')

    with pytest.raises(UnknownSchema, match=r"chat_message\.reasonContent.*older than 3\.1.*start Flowise 3\.1"):
        async with open_database(replace(empty_settings, unknown_schema="allow")):
            pass
    async with open_database(replace(empty_settings, unknown_schema="read-only")) as database:
        assert (await chat_flow.list_flow_rows(database, None))[1] == 0
        assert "flowisectl_alembic_version" not in database.columns


def test_the_verdict_names_what_is_missing_and_what_is_unknown() -> None:
    names = [name for _, name in flowise_migrations("sqlite")]

    whole = judge("sqlite", names, NEEDED)
    shorter = judge("sqlite", names[:-4], NEEDED)
    older = judge("sqlite", names[:10], {**NEEDED, "chat_message": set()})
    strange = judge("sqlite", [*names, "AddSomething1700000000000"], NEEDED)

    assert whole.kind is SchemaKind.FLOWISE and whole.missing == whole.unknown == ()
    assert shorter.kind is SchemaKind.FLOWISE and shorter.missing == tuple(names[-4:]) and names[-4] in shorter.text
    assert older.kind is SchemaKind.OLDER and "chat_message.artifacts" in older.text and "47 migrations" in older.text
    assert strange.kind is SchemaKind.FLOWISE and strange.unknown == ("AddSomething1700000000000",)
    assert judge("sqlite", None, {}).kind is SchemaKind.EMPTY
    assert judge("sqlite", None, {"user": {"id"}}).kind is SchemaKind.FOREIGN


async def test_steps_of_a_newer_version_of_this_program_are_refused_in_words(empty_settings: DatabaseSettings) -> None:
    await change(empty_settings, "UPDATE flowisectl_alembic_version SET version_num = 'm999'")

    with pytest.raises(UnknownSchema, match=r"schema m999 of a newer version of flowisectl .*use the newer version"):
        async with open_database(empty_settings):
            pass
    async with open_database(empty_settings, migrate=False) as database:
        with pytest.raises(UnknownSchema, match="m999"):
            await runner.wait_for_schema(database, 60)
        report = await readiness_of(database, None).report()

    assert not report.is_ready and "bring this role to the newest version" in report.reason
