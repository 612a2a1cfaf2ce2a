"""`flowisectl doctor` where no encryption key has been made yet: whether that is wrong depends on what is stored."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import DatabaseSettings
from flowisectl.cli.app import app
from flowisectl.database.connection import open_database
from flowisectl.database.credential import insert_credential


async def _prepare(folder: Path, credentials: int) -> None:
    async with open_database(DatabaseSettings(path=folder)) as database:
        for number in range(credentials):
            values = {"name": f"c{number}", "credentialName": "openAIApi", "encryptedData": "sealed with a key that is gone"}
            await insert_credential(database, values)


@pytest.mark.parametrize(("mode", "credentials", "level"), [("main", 0, "warning"), ("main", 1, "broken"), ("queue", 0, "broken")])
def test_a_missing_key_is_wrong_where_something_needs_that_very_key(tmp_path: Path, mode: str, credentials: int, level: str) -> None:
    asyncio.run(_prepare(tmp_path, credentials))

    ended = CliRunner().invoke(
        app, ["doctor", "--json", "--data-dir", str(tmp_path)], env={"MODE": mode, "REDIS_URL": "redis://127.0.0.1:1"}
    )

    found = {result["what"]: result for result in json.loads(ended.output)}
    assert found["key"]["level"] == level
