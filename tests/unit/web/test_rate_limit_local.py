from __future__ import annotations

import pytest

from flowisectl.web.access import rate_limit
from flowisectl.web.access.rate_limit import LocalCounters, is_over, limit_of, retry_after


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def configured(**changes: object) -> dict[str, object]:
    return {"rateLimit": {"limitMax": "2", "limitDuration": "60", "limitMsg": "slow down", **changes}}


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"rateLimit": None},
        {"rateLimit": []},
        configured(status=False),
        configured(limitMax=""),
        configured(limitMax="many"),
        configured(limitDuration=0),
        configured(limitDuration=float("inf")),
        configured(limitMsg=""),
    ],
)
def test_a_limit_that_is_off_or_incomplete_is_none(config: dict[str, object]) -> None:
    assert limit_of(config) is None


def test_a_limit_saved_as_texts_and_without_a_status_is_on() -> None:
    limit = limit_of(configured())

    assert limit is not None
    assert (limit.requests, limit.seconds, limit.message) == (2, 60, "slow down")


async def test_the_third_request_of_a_window_is_over_and_the_next_window_starts_anew() -> None:
    clock, limit = Clock(), limit_of(configured())
    assert limit is not None
    counters = LocalCounters(clock)

    counts = [await counters.count("flow", "1.2.3.4", limit.seconds) for _ in range(3)]
    clock.now += 60
    later = await counters.count("flow", "1.2.3.4", limit.seconds)

    assert [is_over(limit, count) for count in counts] == [False, False, True]
    assert retry_after(counts[2]) == "60"
    assert not is_over(limit, later)


async def test_flows_and_addresses_are_counted_apart() -> None:
    counters = LocalCounters(Clock())

    counts = [await counters.count(flow, address, 60) for flow, address in (("a", "1"), ("a", "2"), ("b", "1"), ("a", "1"))]

    assert [count.requests for count in counts] == [1, 1, 1, 2]


async def test_headers_of_one_process_say_limit_rest_and_end() -> None:
    clock, limit = Clock(), limit_of(configured())
    assert limit is not None
    counters = LocalCounters(clock)

    headers = counters.headers(limit, await counters.count("flow", "1", limit.seconds))

    assert headers == {"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "1060"}


async def test_the_number_of_counters_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MAX_COUNTERS", 3)
    counters = LocalCounters(Clock())

    for number in range(5):
        await counters.count("flow", str(number), 60)

    assert (await counters.count("flow", "4", 60)).requests == 2
    assert (await counters.count("flow", "0", 60)).requests == 1
