"""Secrets in AWS Secrets Manager: the key, what logins are signed with, and credentials of which the database has only the name."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.settings import DatabaseSettings, QueueSettings, RedisSettings, SecretSettings, Settings, StorageSettings
from flowisectl.cli.app import app
from flowisectl.database.connection import open_database
from flowisectl.database.credential import insert_credential
from flowisectl.errors import InvalidSetting
from flowisectl.secrets.auth_secrets import auth_secrets
from flowisectl.secrets.aws_secrets import aws_secrets, named_secrets
from flowisectl.secrets.encryption_key import KeyMissing, encryption_key, fingerprint
from flowisectl.secrets.sealed_values import sealed_values
from flowisectl.secrets.vault import CredentialVault
from roles.main_resources import open_web


def test_the_key_is_the_secrets_text_as_it_is(secrets_manager: Any, aws_settings: SecretSettings) -> None:
    secrets_manager.create_secret(Name=aws_settings.aws_name, SecretString=" the key\n")

    assert encryption_key(aws_settings, create=False) == " the key\n" == encryption_key(aws_settings, create=True)


def test_the_overwritten_key_wins(aws_settings: SecretSettings) -> None:
    assert encryption_key(replace(aws_settings, overwrite="given"), create=False) == "given"


def test_a_server_makes_a_missing_key_once_and_a_worker_makes_none(
    secrets_manager: Any, aws_settings: SecretSettings, tmp_path: Path
) -> None:
    settings = replace(aws_settings, path=tmp_path)
    with pytest.raises(KeyMissing, match=settings.aws_name):
        encryption_key(settings, create=False)

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: encryption_key(settings, create=True), range(8)))

    assert len(set(made)) == 1 and len(base64.b64decode(made[0])) == 24
    assert secrets_manager.get_secret_value(SecretId=settings.aws_name)["SecretString"] == made[0] == encryption_key(settings, create=False)
    assert list(tmp_path.iterdir()) == []


def test_login_secrets_are_made_under_the_prefix_and_stay(secrets_manager: Any, aws_settings: SecretSettings, tmp_path: Path) -> None:
    settings = replace(aws_settings, path=tmp_path, session_secret="flowise", token_hash_secret="my own")

    first, second = auth_secrets(settings), auth_secrets(settings)

    names = [entry["Name"] for entry in secrets_manager.list_secrets(MaxResults=100)["SecretList"]]
    suffixes = {"ExpressSessionSecret", "JWTAuthTokenSecret", "JWTRefreshTokenSecret", "JWTIssuer", "JWTAudience"}
    assert {name.removeprefix(settings.aws_auth_prefix) for name in names if name.startswith(settings.aws_auth_prefix)} == suffixes
    assert first == second and first.token_hash == "my own" and first.issuer == first.audience == "flowise"
    assert len(base64.b64decode(first.session)) == 32 and len({first.session, first.access, first.refresh}) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_is_no_text_is_refused(secrets_manager: Any, aws_settings: SecretSettings) -> None:
    secrets_manager.create_secret(Name=aws_settings.aws_name, SecretBinary=b"hunter2")

    with pytest.raises(InvalidSetting, match="holds no text") as refused:
        encryption_key(aws_settings, create=True)

    assert "hunter2" not in str(refused.value)


def test_a_secret_that_was_deleted_is_not_replaced(secrets_manager: Any, aws_settings: SecretSettings) -> None:
    secrets_manager.create_secret(Name=aws_settings.aws_name, SecretString="old")
    secrets_manager.delete_secret(SecretId=aws_settings.aws_name, RecoveryWindowInDays=7)

    with pytest.raises(InvalidSetting, match=f"{aws_settings.aws_name} in eu-west-1: AWS refuses") as refused:
        encryption_key(aws_settings, create=True)

    assert not isinstance(refused.value, KeyMissing) and "very-secret" not in str(refused.value)


@pytest.mark.parametrize(("access", "secret"), [("", ""), ("id", ""), ("", "very-secret")])
def test_without_both_keys_the_usual_places_are_asked(
    secrets_manager: Any, aws_settings: SecretSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, access: str, secret: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    settings = replace(aws_settings, aws_access_key=access, aws_secret_key=secret)

    with pytest.raises(InvalidSetting, match="no AWS credentials were found"):
        encryption_key(settings, create=True)
    (tmp_path / "profile").write_text("[default]\naws_access_key_id=id\naws_secret_access_key=other\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "profile"))
    aws_secrets.__globals__["_opened"].cache_clear()

    assert encryption_key(settings, create=True) == encryption_key(settings, create=False)


def test_a_region_that_is_none_is_refused(aws_settings: SecretSettings) -> None:
    with pytest.raises(InvalidSetting, match="SECRETKEY_AWS_REGION"):
        encryption_key(replace(aws_settings, aws_region="not a region"), create=True)


async def test_a_credential_can_be_the_name_of_a_secret(secrets_manager: Any, aws_settings: SecretSettings, tmp_path: Path) -> None:
    name = f"FlowiseCredential_{aws_settings.aws_name}"
    secrets_manager.create_secret(Name=name, SecretString=json.dumps({"openAIApiKey": "sk-in-aws"}))
    async with open_database(DatabaseSettings(path=tmp_path)) as database:
        vault = CredentialVault(database, "key", named=named_secrets(aws_settings))
        rows = [
            await insert_credential(database, {"name": label, "credentialName": "openAIApi", "encryptedData": data})
            for label, data in (("here", vault.seal({"openAIApiKey": "sk-here"})), ("named", name), ("gone", name + "x"))
        ]

        fields = [dict(await vault.fields(row["id"])) for row in rows]
        problems = {value.name: value.problem for value in await sealed_values(database, "key", named_secrets(aws_settings))}
        without = {value.name: value.problem for value in await sealed_values(database, "key")}

    assert fields == [{"openAIApiKey": "sk-here"}, {"openAIApiKey": "sk-in-aws"}, {}]
    assert problems == {"here": "", "named": "", "gone": "the AWS secret that it names does not exist"}
    assert "SECRETKEY_STORAGE_TYPE=aws" in without["named"] and without["here"] == ""


async def test_a_lost_key_beside_encrypted_values_is_not_replaced_in_aws_either(
    secrets_manager: Any, aws_settings: SecretSettings, tmp_path: Path, redis_settings: RedisSettings, queue_settings: QueueSettings
) -> None:
    settings = Settings(
        mode="queue",
        database=DatabaseSettings(path=tmp_path),
        storage=StorageSettings(path=tmp_path / "storage"),
        secrets=aws_settings,
        redis=redis_settings,
        queue=queue_settings,
    )
    async with open_web(settings, {}) as main:  # nothing is encrypted yet: a key is made
        assert main.key_fingerprint == fingerprint(encryption_key(aws_settings, create=False))
        sealed = main.services.vault.seal({"openAIApiKey": "sk-1"})
        await insert_credential(main.services.database, {"name": "mine", "credentialName": "openAIApi", "encryptedData": sealed})
    secrets_manager.delete_secret(SecretId=aws_settings.aws_name, ForceDeleteWithoutRecovery=True)

    with pytest.raises(KeyMissing, match=aws_settings.aws_name):
        async with open_web(settings, {}):
            pass


def test_doctor_says_where_the_key_comes_from(secrets_manager: Any, aws_settings: SecretSettings, tmp_path: Path) -> None:
    made = encryption_key(aws_settings, create=True)
    environment = {
        "MODE": "main",
        "SECRETKEY_STORAGE_TYPE": "aws",
        "SECRETKEY_AWS_ACCESS_KEY": "id",
        "SECRETKEY_AWS_SECRET_KEY": "very-secret",
        "SECRETKEY_AWS_REGION": aws_settings.aws_region,
        "SECRETKEY_AWS_NAME": aws_settings.aws_name,
    }

    ended = CliRunner().invoke(app, ["doctor", "--json", "--data-dir", str(tmp_path)], env=environment)

    found = {result["what"]: result for result in json.loads(ended.output)}
    assert found["key"]["text"] == f"AWS secret {aws_settings.aws_name} in eu-west-1, fingerprint {fingerprint(made)}"
    assert made not in ended.output and "very-secret" not in ended.output
