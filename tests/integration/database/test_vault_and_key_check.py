from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import DatabaseSettings
from flowisectl.database import api_key, credential
from flowisectl.database.connection import Database, open_database
from flowisectl.engine.context import Credentials
from flowisectl.errors import InvalidApiKey
from flowisectl.secrets import api_keys
from flowisectl.secrets.api_keys import ApiKeyChecker, make_api_key
from flowisectl.secrets.vault import CredentialVault


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(DatabaseSettings(path=tmp_path)) as opened:
        yield opened


async def test_vault_opens_keeps_and_forgets(stored: Database) -> None:
    clock = Clock()
    vault = CredentialVault(stored, "key", lifetime_seconds=30, clock=clock)
    row = {"name": "n", "credentialName": "openAIApi", "encryptedData": vault.seal({"openAIApiKey": "sk-1"})}
    id = (await credential.insert_credential(stored, row))["id"]
    first = await vault.fields(id)
    await credential.update_credential(stored, id, {"encryptedData": vault.seal({"openAIApiKey": "sk-2"})})

    kept = await vault.fields(id)
    clock.now += 31
    later = await vault.fields(id)
    await credential.update_credential(stored, id, {"encryptedData": vault.seal({"openAIApiKey": "sk-3"})})
    vault.forget(id)
    forgotten = await vault.fields(id)

    assert [fields["openAIApiKey"] for fields in (first, kept, later, forgotten)] == ["sk-1", "sk-1", "sk-2", "sk-3"]
    assert row["encryptedData"].startswith("U2FsdGVkX1")
    assert "sk-" not in repr(vault) and "key" not in repr(vault)
    with pytest.raises(TypeError):
        first["openAIApiKey"] = "changed"  # type: ignore[index]


async def test_vault_is_what_runs_ask_for(stored: Database) -> None:
    credentials: Credentials = CredentialVault(stored, "key")

    assert await credentials.fields("") == {}


async def test_vault_gives_nothing_for_unknown_ids_and_other_keys(stored: Database) -> None:
    writer, reader = CredentialVault(stored, "key"), CredentialVault(stored, "another key")
    row = {"name": "n", "credentialName": "t", "encryptedData": writer.seal({"a": 1})}
    id = (await credential.insert_credential(stored, row))["id"]

    assert await writer.fields("") == {} == await writer.fields("unknown")
    assert await reader.fields(id) == {}
    assert reader.open("no ciphertext") == {} == writer.open(writer.seal({})) and writer.open(writer.seal({"a": 1})) == {"a": 1}


async def test_many_runs_at_once_read_a_credential_once(stored: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = CredentialVault(stored, "key")
    row = {"name": "n", "credentialName": "t", "encryptedData": vault.seal({"a": 1})}
    id = (await credential.insert_credential(stored, row))["id"]
    opened: list[str] = []
    real = vault.open

    def counting(text: str) -> dict[str, Any]:
        opened.append(text)
        return real(text)

    monkeypatch.setattr(vault, "open", counting)

    found = await asyncio.gather(*[vault.fields(id) for _ in range(50)])

    assert found == [{"a": 1}] * 50 and len(opened) == 1


async def test_a_good_key_is_hashed_once_and_anew_after_its_lifetime(stored: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, made = Clock(), make_api_key()
    await api_key.insert_api_key(stored, {"apiKey": made.key, "apiSecret": made.secret, "keyName": "k", "permissions": ["tools:view"]})
    hashed: list[str] = []
    real = api_keys.hash_api_key

    def counting(key: str, salt: str | None = None) -> str:
        hashed.append(key)
        return real(key, salt)

    monkeypatch.setattr(api_keys, "hash_api_key", counting)
    checker = ApiKeyChecker(stored, lifetime_seconds=60, clock=clock)

    rows = [await checker.check(made.key) for _ in range(5)]
    counted = [len(hashed)]
    clock.now += 61
    await checker.check(made.key)
    counted.append(len(hashed))
    checker.forget_all()
    await checker.check(made.key)
    counted.append(len(hashed))
    checker.close()

    assert counted == [1, 2, 3]
    assert rows[0]["permissions"] == ["tools:view"]


async def test_deleted_wrong_and_overlong_keys_are_refused(stored: Database) -> None:
    made, other = make_api_key(), make_api_key()
    row = await api_key.insert_api_key(stored, {"apiKey": made.key, "apiSecret": made.secret, "keyName": "k"})
    await api_key.insert_api_key(stored, {"apiKey": "mismatch", "apiSecret": other.secret, "keyName": "k"})
    checker = ApiKeyChecker(stored)
    await checker.check(made.key)
    await api_key.delete_api_key(stored, row["id"], None)
    checker.forget_all()

    for key in (made.key, other.key, "mismatch", "", "x" * 5000, "nul\x00", "\ud800"):
        with pytest.raises(InvalidApiKey):
            await checker.check(key)
    checker.close()
