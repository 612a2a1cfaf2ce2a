"""What the log says of troubles whose texts callers do not read: once, whoever says it."""

from __future__ import annotations

import logging

import pytest

from flowisectl.errors import RedisUnavailable
from flowisectl.queue.entrance import Entrance
from flowisectl.web import errors
from flowisectl.web.errors import to_answer

WHY = "Redis at h:6379 is out of memory: raise its maxmemory"


@pytest.fixture(autouse=True)
def nothing_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_told", {})


def test_a_trouble_that_nobody_has_logged_is_logged_and_callers_do_not_read_it(caplog: pytest.LogCaptureFixture) -> None:
    answers = [to_answer(RedisUnavailable(WHY)) for _ in range(3)]

    assert [record.getMessage() for record in caplog.records] == [f"requests get 503: {WHY}"]
    assert all(answer.status == 503 and b"h:6379" not in answer.body for answer in answers)


def test_a_job_that_was_turned_away_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    failure = RedisUnavailable(WHY)

    Entrance("prediction").is_shut(failure)
    answer = to_answer(failure)

    assert [record.getMessage() for record in caplog.records] == [f"requests get 503, queue prediction: {WHY}"]
    assert answer.status == 503 and b"h:6379" not in answer.body
