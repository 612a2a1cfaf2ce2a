"""However many jobs are turned away, the log says it once in a while, and once when it is over."""

from __future__ import annotations

import logging

import pytest

from flowisectl.errors import RedisUnavailable
from flowisectl.queue.entrance import AGAIN_SECONDS, CALM_SECONDS, Entrance


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="flowisectl.queue.entrance")
    return caplog


def test_a_thousand_refusals_are_one_line_that_says_why(clock: Clock, said: pytest.LogCaptureFixture) -> None:
    entrance = Entrance("prediction", clock=clock)

    for _ in range(1000):
        entrance.is_shut(RedisUnavailable("Redis at h:6379 is out of memory: raise its maxmemory"))

    [record] = said.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "requests get 503, queue prediction: Redis at h:6379 is out of memory: raise its maxmemory"


def test_what_lasts_is_said_again_after_a_minute(clock: Clock, said: pytest.LogCaptureFixture) -> None:
    entrance = Entrance("prediction", clock=clock)

    entrance.is_full(10_000)
    clock.now += AGAIN_SECONDS
    entrance.is_full(10_000)

    assert [record.levelno for record in said.records] == [logging.WARNING] * 2
    assert "429, queue prediction: 10,000 wait already (QUEUE_MAX_WAITING)" in said.text


def test_jobs_that_get_in_between_refusals_tell_nothing(clock: Clock, said: pytest.LogCaptureFixture) -> None:
    entrance = Entrance("prediction", clock=clock)

    for _ in range(20):
        entrance.is_shut(RedisUnavailable("full"))
        clock.now += CALM_SECONDS / 2
        entrance.passed()

    assert len(said.records) == 1


def test_the_end_is_told_once(clock: Clock, said: pytest.LogCaptureFixture) -> None:
    entrance = Entrance("upsert", clock=clock)
    entrance.passed()

    entrance.is_shut(RedisUnavailable("away"))
    clock.now += CALM_SECONDS
    entrance.passed()
    entrance.passed()

    assert [record.getMessage() for record in said.records][1:] == ["queue upsert: requests are taken again"]
