"""Whatever goes wrong, a command says so in one line and ends with the right status; there is never a traceback."""

from __future__ import annotations

import pytest

from config.env import SettingError
from flowisectl.cli.failure import CommandFailed, report
from flowisectl.errors import InvalidSetting, JobNotFound, RedisUnavailable


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SettingError("PORT='x' is not allowed: a whole number"), 2),
        (InvalidSetting("DATABASE_TYPE", "mysql", "sqlite or postgres"), 2),
        (RedisUnavailable("Redis at localhost:6379 does not answer"), 1),
        (JobNotFound("abc"), 1),
        (CommandFailed("no such flow"), 1),
        (PermissionError(13, "Permission denied", "/root/data"), 1),
        (ValueError("several\nlines\nof text"), 1),
    ],
)
def test_an_error_becomes_one_line_and_a_status(capsys: pytest.CaptureFixture[str], error: Exception, status: int) -> None:
    ended = report(error)

    seen = capsys.readouterr()
    assert ended == status
    assert seen.out == ""
    assert seen.err.startswith("flowisectl: ")
    assert seen.err.count("\n") == 1


def test_an_interrupted_command_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == ""


def test_an_unexpected_error_shows_where_only_when_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEBUG", raising=False)
    report(ZeroDivisionError("oops"))
    quiet = capsys.readouterr().err
    monkeypatch.setenv("DEBUG", "true")
    report(ZeroDivisionError("oops"))
    loud = capsys.readouterr().err

    assert quiet == "flowisectl: unexpected ZeroDivisionError: oops (DEBUG=true shows where)\n"
    assert "ZeroDivisionError: oops" in loud


@pytest.mark.parametrize(
    "command", [("status",), ("jobs", "list"), ("jobs", "inspect", "abc"), ("flows", "list"), ("start",), ("start-worker",)]
)
def test_a_wrong_setting_ends_every_command_with_status_2(flowisectl, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setenv("WORKER_CONCURRENCY", "many")

    ended = flowisectl(*command)

    assert ended.status == 2
    assert ended.err == "flowisectl: WORKER_CONCURRENCY='many' is not allowed: a whole number of 1 or more\n"


@pytest.mark.parametrize("command", [("status",), ("jobs", "list"), ("jobs", "inspect", "abc")])
def test_a_queue_that_is_not_there_is_named(flowisectl, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@127.0.0.1:1")

    ended = flowisectl(*command)

    assert ended.status == (2 if command == ("status",) else 1)
    assert ended.err.count("\n") == 1
    assert "127.0.0.1:1" in ended.err
    assert "hunter2" not in ended.err


def test_a_wrong_command_line_shows_its_use(flowisectl) -> None:
    ended = flowisectl("jobs", "inspect")

    assert ended.status == 2
    assert "Usage: flowisectl jobs inspect" in ended.err


def test_a_data_directory_that_cannot_be_made_is_named(flowisectl, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATABASE_PATH", str(tmp_path / "file" / "below"))

    ended = flowisectl("flows", "list")

    assert ended.status == 1
    assert str(tmp_path / "file") in ended.err
    assert ended.err.count("\n") == 1


def test_without_a_queue_status_is_plain_when_it_is_asked_for_and_jobs_say_why_there_are_none(
    flowisectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODE", "main")
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setenv("REDIS_PORT", "1")

    status, jobs = flowisectl("status", "--plain"), flowisectl("jobs", "list")

    assert status.status == 2
    assert status.out == "level down\nmode main\nserver http://127.0.0.1:1\n" and "`flowisectl start`" in status.err
    assert jobs.status == 1
    assert "no all-in-one runs on " in jobs.err and "with MODE=main there are no jobs" in jobs.err
