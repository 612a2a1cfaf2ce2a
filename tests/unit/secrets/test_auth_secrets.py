from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import SecretSettings
from flowisectl.secrets.auth_secrets import auth_secrets

FILES = {
    "token_hash_secret.key", "express_session_secret.key", "jwt_auth_token_secret.key", "jwt_refresh_token_secret.key",
    "jwt_issuer.key", "jwt_audience.key",
}  # fmt: skip


def test_missing_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    settings = SecretSettings(path=tmp_path)

    first, second = auth_secrets(settings), auth_secrets(settings)

    assert first == second
    assert {entry.name for entry in tmp_path.iterdir()} == FILES
    assert (first.issuer, first.audience) == ("flowise", "flowise")
    assert len({first.token_hash, first.session, first.access, first.refresh}) == 4
    assert (tmp_path / "jwt_auth_token_secret.key").read_text() == first.access


def test_settings_win_over_files_and_are_trimmed(tmp_path: Path) -> None:
    settings = SecretSettings(path=tmp_path, token_hash_secret=" mine ", jwt_auth_token_secret="a", jwt_issuer="Flowise")

    secrets = auth_secrets(settings)

    assert (secrets.token_hash, secrets.access, secrets.issuer) == ("mine", "a", "Flowise")
    assert not (tmp_path / "token_hash_secret.key").exists()


@pytest.mark.parametrize(
    ("given", "file"),
    [
        (SecretSettings(token_hash_secret="popcorn"), "token_hash_secret.key"),
        (SecretSettings(session_secret="flowise"), "express_session_secret.key"),
        (SecretSettings(jwt_auth_token_secret="AABBCCDDAABBCCDDAABBCCDDAABBCCDDAABBCCDD"), "jwt_auth_token_secret.key"),
        (SecretSettings(jwt_refresh_token_secret="AABBCCDDAABBCCDDAABBCCDDAABBCCDDAABBCCDD"), "jwt_refresh_token_secret.key"),
    ],
)
def test_weak_values_of_the_examples_are_ignored(tmp_path: Path, given: SecretSettings, file: str) -> None:
    from dataclasses import replace

    secrets = auth_secrets(replace(given, path=tmp_path))

    values = {secrets.token_hash, secrets.session, secrets.access, secrets.refresh}
    assert (tmp_path / file).read_text() in values
    assert not values & {"popcorn", "flowise", "AABBCCDDAABBCCDDAABBCCDDAABBCCDDAABBCCDD"}


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    secrets = auth_secrets(SecretSettings(path=tmp_path))

    assert secrets.access not in repr(secrets) and secrets.session not in repr(secrets)
