from __future__ import annotations

from config.settings import DatabaseSettings
from flowisectl.cli.database_look import look_at_database
from flowisectl.database.connection import open_database
from flowisectl.database.migrations.runner import HEAD


async def test_a_short_look_sees_every_kind_of_database(empty_settings: DatabaseSettings) -> None:
    before = await look_at_database(empty_settings)
    async with open_database(empty_settings):
        pass

    after = await look_at_database(empty_settings)

    assert before.schema == "" and "flowisectl database migrate" in before.reason
    assert after.schema == HEAD and after.reason == "" and after.milliseconds > 0
