from __future__ import annotations

import pytest

from flowisectl.queue.claims import Outcome
from flowisectl.queue.retention import DAY_MS, Retention


async def run_jobs(bench, count: int, state: str = "done") -> list[str]:
    worker = await bench.worker("w1")
    ids = []
    for _ in range(count):
        ids.append(await bench.enqueue())
        [job] = await worker.claim(1, ())
        assert await worker.finish(job, Outcome(state, "", b"x"), events=0, trace=b"t")
    return ids


async def kept(bench) -> set[str]:
    return {name.removeprefix("job:") for name in await bench.names() if name.startswith("job:")}


async def test_exactly_the_newest_are_kept(bench_with) -> None:
    bench = bench_with(remove_on_count=30)

    ids = await run_jobs(bench, 50)

    assert await kept(bench) == set(ids[-30:])
    assert await bench.redis.zcard(bench.keys["done"]) == 30


async def test_count_holds_for_successes_and_failures_together(bench_with) -> None:
    bench = bench_with(remove_on_count=4)

    await run_jobs(bench, 3, "failed")
    newest = await run_jobs(bench, 2) + await run_jobs(bench, 2, "aborted")

    assert await kept(bench) == set(newest)


async def test_nothing_is_kept_when_the_count_is_zero(bench_with) -> None:
    bench = bench_with(remove_on_count=0)

    await run_jobs(bench, 3)

    assert await kept(bench) == set()


async def test_lowered_count_holds_with_the_next_look(bench_with) -> None:
    await run_jobs(bench_with(), 20)
    lowered = bench_with(remove_on_count=5)

    await lowered.lifecycle.reap()

    assert len(await kept(lowered)) == 5


async def test_old_ends_go_without_any_traffic_and_waiting_jobs_stay(bench_with) -> None:
    bench = bench_with(remove_on_age_seconds=100)
    old, new = await run_jobs(bench, 2)
    old_failure = (await run_jobs(bench, 1, "failed"))[0]
    waiting = await bench.enqueue()
    ended_ms = int(await bench.field(new, "finished"))
    await bench.redis.zadd(bench.keys["done"], {old: (ended_ms - 101_000) * 1000})
    await bench.redis.zadd(bench.keys["failed"], {old_failure: (ended_ms - 101_000) * 1000})
    await bench.redis.zadd(bench.keys["done"], {new: (ended_ms - 90_000) * 1000})

    await bench.lifecycle.reap()

    assert await kept(bench) == {new, waiting}


async def test_failures_are_kept_longer_than_successes_by_default(bench) -> None:
    [done], [failed] = await run_jobs(bench, 1), await run_jobs(bench, 1, "failed")
    two_days_ago = (int(await bench.field(done, "finished")) - 2 * DAY_MS) * 1000
    await bench.redis.zadd(bench.keys["done"], {done: two_days_ago})
    await bench.redis.zadd(bench.keys["failed"], {failed: two_days_ago})

    await bench.lifecycle.reap()

    assert await kept(bench) == {failed}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (10_000, DAY_MS, 7 * DAY_MS)),
        ({"remove_on_count": 300}, (300, DAY_MS, 7 * DAY_MS)),
        ({"remove_on_age_seconds": 60}, (10_000, 60_000, 60_000)),
    ],
)
def test_settings_become_limits(bench_with, changes, expected) -> None:
    assert Retention.from_settings(bench_with(**changes).settings).arguments == expected
