"""The encryption key across processes: main says which one, a worker with another takes no jobs, a lost one is not replaced."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner

from config.settings import DatabaseSettings, QueueSettings, RedisSettings, SecretSettings, Settings
from flowisectl.cli.app import app
from flowisectl.database.connection import open_database
from flowisectl.database.credential import insert_credential
from flowisectl.errors import InvalidSetting
from flowisectl.secrets.encryption_key import fingerprint
from flowisectl.secrets.sealed_values import sealed_values
from flowisectl.secrets.shared_key import key_problem, publish_fingerprint, wait_for_same_key
from flowisectl.secrets.vault import CredentialVault
from roles.main_resources import open_web


async def test_a_worker_with_another_key_waits_and_says_so(redis: Redis, queue_settings: QueueSettings) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    await publish_fingerprint(redis, queue_settings.name, fingerprint("the server's"))

    waiting = asyncio.create_task(
        wait_for_same_key(redis, queue_settings.name, fingerprint("another"), said.put_nowait, pause_seconds=0.01)
    )
    problem = await asyncio.wait_for(said.get(), 5)
    assert "takes no jobs" in problem and not waiting.done()
    await publish_fingerprint(redis, queue_settings.name, fingerprint("another"))
    await asyncio.wait_for(waiting, 5)

    assert await asyncio.wait_for(said.get(), 5) == ""
    assert "another" not in problem and "the server's)" not in problem


async def test_a_worker_goes_on_while_no_server_has_said_anything(redis: Redis, queue_settings: QueueSettings) -> None:
    assert await key_problem(redis, queue_settings.name, fingerprint("any")) == ""


@pytest.fixture
def settings(tmp_path: Path, redis_settings: RedisSettings, queue_settings: QueueSettings) -> Settings:
    return Settings(
        mode="queue",
        database=DatabaseSettings(path=tmp_path / "data"),
        secrets=SecretSettings(path=tmp_path / "keys"),
        redis=redis_settings,
        queue=queue_settings,
    )


async def fill(settings: Settings, key: str) -> None:
    async with open_database(settings.database) as database:
        sealed = CredentialVault(database, key).seal({"openAIApiKey": "sk-1"})
        await insert_credential(database, {"name": "mine", "credentialName": "openAIApi", "encryptedData": sealed})


async def test_a_server_publishes_the_fingerprint_of_the_key_it_made(settings: Settings, redis: Redis) -> None:
    async with open_web(settings, {}) as main:
        assert await key_problem(redis, settings.queue.name, main.key_fingerprint) == ""
        assert await key_problem(redis, settings.queue.name, "0" * 16) != ""


async def test_a_lost_key_beside_encrypted_values_keeps_the_server_from_starting(settings: Settings, tmp_path: Path) -> None:
    await fill(settings, "a key that is lost")

    with pytest.raises(InvalidSetting, match=r"encryption\.key"):
        async with open_web(settings, {}):
            pass

    assert not (tmp_path / "keys" / "encryption.key").exists()


async def test_a_database_without_encrypted_values_gets_a_new_key(settings: Settings, tmp_path: Path) -> None:
    async with open_database(settings.database):
        pass

    async with open_web(settings, {}):
        assert (tmp_path / "keys" / "encryption.key").exists()


async def test_values_that_the_key_does_not_open_are_found(settings: Settings) -> None:
    await fill(settings, "right")
    await fill(replace(settings), "wrong")

    async with open_database(settings.database, migrate=False) as database:
        found = await sealed_values(database, "right")

    assert [bool(value.problem) for value in sorted(found, key=lambda value: value.problem)] == [False, True]
    assert {value.table for value in found} == {"credential"} and "sk-1" not in repr(found)


def test_the_command_lists_what_does_not_open(tmp_path: Path) -> None:
    settings = Settings(database=DatabaseSettings(path=tmp_path), secrets=SecretSettings(path=tmp_path))
    asyncio.run(fill(settings, "right"))
    environment = {"DATABASE_PATH": str(tmp_path), "SECRETKEY_PATH": str(tmp_path)}

    good = CliRunner().invoke(app, ["credentials", "check"], env={**environment, "FLOWISE_SECRETKEY_OVERWRITE": "right"})
    bad = CliRunner().invoke(app, ["credentials", "check", "--json"], env={**environment, "FLOWISE_SECRETKEY_OVERWRITE": "wrong"})

    assert good.exit_code == 0 and "1 encrypted values, 0 do not open" in good.output
    assert bad.exit_code == 1 and '"name":"mine"' in bad.output.replace(" ", "") and "right" not in bad.output
