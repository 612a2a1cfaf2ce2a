"""`env explain` tells values, places and traps, and never a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.explanations import readers_of
from config.variables import VARIABLES


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)


def rows_of(ended) -> dict[str, dict[str, str]]:
    data = json.loads(ended.out)
    return {row["name"]: row for row in (*data["variables"], *data["unknown"])}


def test_every_variable_is_explained_with_its_default_and_readers(flowisectl) -> None:
    rows = rows_of(flowisectl("env", "explain", "--json"))

    assert set(rows) >= {variable.name for variable in VARIABLES}
    assert rows["PORT"]["value"] == "3000" and rows["PORT"]["source"] == ""
    assert rows["PORT"]["readers"] == "main" and rows["WORKER_PORT"]["readers"] == "worker"
    assert all(readers_of(variable) for variable in VARIABLES)


def test_a_value_is_shown_with_the_file_that_it_comes_from(flowisectl, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / ".env").write_text("PORT=1\nQUEUE_NAME=q\n")
    monkeypatch.setenv("PORT", "2")

    rows = rows_of(flowisectl("env", "explain", "--json", "--set"))

    assert (rows["PORT"]["value"], rows["PORT"]["source"]) == ("2", "environment")
    assert (rows["QUEUE_NAME"]["value"], rows["QUEUE_NAME"]["source"]) == ("q", str(tmp_path / ".env"))


def test_secrets_are_hidden_even_when_they_are_wrong(flowisectl, monkeypatch) -> None:
    for name in ("REDIS_URL", "REDIS_KEY", "FLOWISE_SECRETKEY_OVERWRITE"):
        monkeypatch.setenv(name, "hunter2")

    for arguments in ((), ("--json",)):
        ended = flowisectl("env", "explain", *arguments)
        assert "hunter2" not in ended.out + ended.err
        assert ended.status == 2


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("REMOVE_ON_AGE", "24", "24h"),
        ("SANDBOX_TIMEOUT", "300", "milliseconds"),
        ("JOB_TIMEOUT", "1h", "JOB_TIMEOUT"),
        ("DATABASE_HOST", "db", "sqlite"),
        ("S3_ENDPOINT_URL", "http://x", "STORAGE_TYPE is local"),
        ("AZURE_BLOB_STORAGE_ACCOUNT_KEY", "x", "STORAGE_TYPE is local"),
        ("SECRETKEY_AWS_NAME", "x", "SECRETKEY_STORAGE_TYPE is local"),
        ("GOOGLE_CLOUD_STORAGE_PROJ_ID", "x", "no effect"),
    ],
)
def test_a_value_that_was_likely_not_meant_is_doubted(flowisectl, monkeypatch, name: str, value: str, part: str) -> None:
    monkeypatch.setenv(name, value)

    ended = flowisectl("env", "explain", "--json", name)

    assert ended.status == 1
    assert part in rows_of(ended)[name]["trap"]


def test_an_age_with_a_unit_is_not_doubted(flowisectl, monkeypatch) -> None:
    monkeypatch.setenv("REMOVE_ON_AGE", "30m")

    assert flowisectl("env", "explain", "REMOVE_ON_AGE").status == 0


def test_names_that_nobody_reads_are_told_with_the_one_that_was_meant(flowisectl, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WORKER_CONCURENCY", "5")
    monkeypatch.setenv("NUMBER_OF_PROXIES", "1")
    (tmp_path / ".env").write_text("MY_OWN=1\n")

    ended = flowisectl("env", "explain", "--json")
    rows = rows_of(ended)

    assert ended.status == 1
    assert "WORKER_CONCURRENCY" in rows["WORKER_CONCURENCY"]["trap"]
    assert "TRUST_PROXY" in rows["NUMBER_OF_PROXIES"]["trap"]
    assert "MY_OWN" in rows
    assert "HOME" not in rows


def test_a_wrong_value_does_not_hide_the_rest(flowisectl, monkeypatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "loud")
    monkeypatch.setenv("REMOVE_ON_AGE", "24")

    ended = flowisectl("env", "explain", "--set")

    assert ended.status == 2
    assert "one of error, warn" in ended.out and "24h" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


def test_a_variable_that_is_asked_for_is_told_with_its_purpose_and_unit(flowisectl) -> None:
    ended = flowisectl("env", "explain", "REMOVE_ON_AGE")

    assert ended.status == 0
    assert "Seconds that finished jobs are kept" in ended.out and "as if it were hours" in ended.out


def test_a_name_that_no_variable_has_is_said(flowisectl) -> None:
    ended = flowisectl("env", "explain", "NO_SUCH_THING", "PORT")

    assert ended.status == 1
    assert ended.err == "flowisectl: no variable is named NO_SUCH_THING: `flowisectl env explain` lists all\n"
