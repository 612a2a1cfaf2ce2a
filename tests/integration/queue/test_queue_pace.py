from __future__ import annotations

import pytest

from flowisectl.queue import claim_scripts as scripts
from flowisectl.queue import script_parts
from flowisectl.queue.claims import Outcome
from flowisectl.queue.inspection import snapshot
from flowisectl.queue.pace import FINE_SLOTS, HOUR_SLOTS, pace_of, quantile
from flowisectl.queue.script_parts import SLOT_MS


async def test_jobs_in_and_out_are_counted_by_their_ends(bench) -> None:
    worker = await bench.worker("host:1:a")
    await bench.lifecycle.reap()
    for state in ("done", "done", "failed", "aborted"):
        await bench.enqueue()
        [job] = await worker.claim(1, ())
        await worker.finish(job, Outcome(state), events=0, trace=b"")

    pace = (await snapshot(bench.redis, bench.settings, with_pace=True)).pace

    assert pace.failed_last_hour == 1
    assert (pace.ended_lately, pace.failed_lately) == (3, 1)
    assert pace.out_per_second > 0
    assert pace.in_per_second > 0
    assert 0 <= pace.wait_p50_seconds <= pace.wait_p95_seconds < 60


async def test_a_dead_job_is_counted_and_kept_apart(bench_with) -> None:
    bench = bench_with(job_attempts=1)
    job_id = await bench.enqueue()
    worker = await bench.worker("host:1:a")
    await worker.claim(1, ())

    await bench.lose(worker)
    now = await snapshot(bench.redis, bench.settings, with_pace=True)

    assert (now.dead, now.pace.dead_last_hour, now.pace.failed_last_hour) == (1, 1, 1)
    await bench.lifecycle.retry(job_id)
    assert (await snapshot(bench.redis, bench.settings)).dead == 0


async def test_jobs_of_a_lost_worker_count_as_started_again(bench) -> None:
    await bench.enqueue()
    worker = await bench.worker("host:1:a")
    await worker.claim(1, ())

    await bench.lose(worker)

    assert (await snapshot(bench.redis, bench.settings, with_pace=True)).pace.again_last_hour == 1


async def test_one_call_that_ends_many_jobs_writes_each_count_once(bench, pipeline) -> None:
    worker = await bench.worker("host:1:a")
    for _ in range(20):
        await bench.enqueue()
    jobs = await worker.claim(20, ())
    before = (await bench.redis.info("commandstats")).get("cmdstat_hincrby", {}).get("calls", 0)
    ends = [value for job in jobs for value in (job.id, job.run, "done", b"", b"", b"", 0)]

    await scripts.FINISH.run(pipeline, bench.keys.prefix, worker.worker_id, 10_000, 10**9, 10**9, *ends)

    after = (await bench.redis.info("commandstats"))["cmdstat_hincrby"]["calls"]
    assert after - before == 1


async def test_slots_of_time_go_away_by_themselves(bench) -> None:
    worker = await bench.worker("host:1:a")
    await bench.enqueue()
    await worker.claim(1, ())

    slots = [key async for key in bench.redis.scan_iter(match=bench.keys["pace:*"])]

    assert slots
    assert all([0 < await bench.redis.ttl(key) <= script_parts.PACE_SECONDS for key in slots])


def test_nothing_is_told_of_a_queue_that_never_moved() -> None:
    replies = [{}] * FINE_SLOTS + [[None, None, None]] * (HOUR_SLOTS - FINE_SLOTS)

    pace = pace_of(replies, 1_700_000_000_000, 0)

    assert (pace.in_per_second, pace.out_per_second, pace.wait_p95_seconds, pace.failed_last_hour) == (None, None, None, 0)


def test_rates_span_the_slot_that_runs_and_the_one_before() -> None:
    now_ms = 1_700_000_000_000 // SLOT_MS * SLOT_MS + 5_000
    fine = [{b"done": b"30"}, {b"sequence": b"100", b"done": b"40", b"failed": b"5"}] + [{}] * (FINE_SLOTS - 2)

    pace = pace_of([*fine, *([[None] * 3] * (HOUR_SLOTS - FINE_SLOTS))], now_ms, 400)

    assert pace.in_per_second == 300 / 15
    assert pace.out_per_second == 75 / 15


def test_a_wait_that_was_long_for_minutes_says_for_how_many() -> None:
    slow, quick = {b"wait20": b"10"}, {b"wait0": b"10"}
    fine = [slow] * 18 + [quick] * (FINE_SLOTS - 18)

    pace = pace_of([*fine, *([[b"2", b"1", b"0"]] * (HOUR_SLOTS - FINE_SLOTS))], 1_700_000_000_000, 0)

    assert pace.slow_minutes == 3
    assert pace.failed_last_hour == 3 * (HOUR_SLOTS - FINE_SLOTS)


@pytest.mark.parametrize(("share", "low", "high"), [(0.5, 0.0, 0.001), (0.95, 2.2, 3.4)])
def test_quantiles_lie_within_their_step(share: float, low: float, high: float) -> None:
    found = quantile({0: 90, 20: 10}, share)

    assert low <= found <= high
