"""Variables are kept in memory for runs, and never older than what somebody changed and told."""

from __future__ import annotations

from pathlib import Path

from config.settings import DatabaseSettings
from flowisectl.database.connection import open_database
from flowisectl.database.variable import insert_variable, update_variable
from flowisectl.runs.workspace import VariableStore


async def test_runtime_variables_come_from_the_environment(tmp_path: Path) -> None:
    async with open_database(DatabaseSettings(path=tmp_path)) as database:
        await insert_variable(database, {"name": "REGION", "value": "ignored", "type": "runtime"})
        await insert_variable(database, {"name": "ABSENT", "value": "ignored", "type": "runtime"})

        values = await VariableStore(database, {"REGION": "north"}).values("")

        assert values == {"REGION": "north", "ABSENT": ""}


async def test_a_change_shows_after_it_was_told_here_or_elsewhere(tmp_path: Path) -> None:
    async with open_database(DatabaseSettings(path=tmp_path)) as database:
        row = await insert_variable(database, {"name": "company", "value": "Initech", "type": "static"})
        here, there = VariableStore(database, {}), VariableStore(database, {})
        here.announce_with(there.drop_all)
        assert await here.values("") == await there.values("") == {"company": "Initech"}

        await update_variable(database, row["id"], {"value": "Globex"})
        here.forget()

        assert await here.values("") == {"company": "Globex"}
        assert await there.values("") == {"company": "Globex"}
