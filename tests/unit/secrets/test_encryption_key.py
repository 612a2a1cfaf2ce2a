from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.settings import SecretSettings
from flowisectl.errors import InvalidSetting, Unavailable
from flowisectl.secrets.auth_secrets import auth_secrets
from flowisectl.secrets.encryption_key import encryption_key, fingerprint
from flowisectl.secrets.key_files import read_or_make_secret


def test_overwrite_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "encryption.key").write_text("from file")

    assert encryption_key(SecretSettings(path=tmp_path, overwrite="given"), create=True) == "given"


def test_file_is_used_verbatim_with_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "encryption.key").write_bytes(b" key with blanks \r\n")

    assert encryption_key(SecretSettings(path=tmp_path), create=True) == " key with blanks \r\n"


def test_server_makes_a_missing_key_once(tmp_path: Path) -> None:
    settings = SecretSettings(path=tmp_path / "new" / "folder")

    made = encryption_key(settings, create=True)

    file = settings.path / "encryption.key"
    assert len(base64.b64decode(made)) == 24 and len(made) == 32
    assert file.read_text() == made == encryption_key(settings, create=False)
    assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in settings.path.iterdir()] == ["encryption.key"]


def test_worker_without_a_key_says_what_to_do_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="FLOWISE_SECRETKEY_OVERWRITE"):
        encryption_key(SecretSettings(path=tmp_path), create=False)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_cannot_be_a_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "encryption.key").write_bytes(content)

    with pytest.raises(InvalidSetting, match=r"encryption\.key"):
        encryption_key(SecretSettings(path=tmp_path), create=True)


def test_many_that_make_the_same_secret_all_get_one_value(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        values = list(threads.map(lambda number: read_or_make_secret(tmp_path / "x.key", f"value {number}"), range(64)))

    assert len(set(values)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.key"]


def test_a_place_that_cannot_be_reached_is_named_and_no_second_key_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    settings = SecretSettings(
        path=tmp_path, storage_type="aws", aws_access_key="id-of-unreachable", aws_secret_key="hunter2", aws_region="eu-north-1"
    )

    with pytest.raises(Unavailable, match="AWS Secrets Manager in eu-north-1") as failed:
        encryption_key(settings, create=True)
    with pytest.raises(Unavailable, match="AWS Secrets Manager"):
        auth_secrets(settings)

    assert list(tmp_path.iterdir()) == [] and "hunter2" not in str(failed.value) + repr(settings)


def test_fingerprint_tells_keys_apart_without_telling_them() -> None:
    assert fingerprint("a") == fingerprint("a") != fingerprint("b")
    assert len(fingerprint("a")) == 16


def test_settings_do_not_show_secrets() -> None:
    assert "hidden" not in repr(SecretSettings(overwrite="hidden", session_secret="hidden"))
