"""A process is ready when all that it needs answers in time."""

from __future__ import annotations

import asyncio

from flowisectl.observability.readiness import Readiness


async def fine() -> None:
    return


async def gone() -> None:
    raise OSError("the database went away")


async def stuck() -> None:
    await asyncio.Event().wait()


async def test_all_that_answers_makes_a_process_ready() -> None:
    report = await Readiness({"database": fine, "redis": fine}).report()

    assert report.is_ready
    assert report.to_json()["status"] == "ready"
    assert report.reason == ""


async def test_what_is_wrong_is_named_with_its_reason() -> None:
    report = await Readiness({"database": gone, "redis": fine}).report()

    assert not report.is_ready
    assert report.to_json()["checks"]["database"] == {
        "ok": False,
        "ms": report.to_json()["checks"]["database"]["ms"],
        "reason": "the database went away",
    }
    assert report.reason == "database: the database went away"


async def test_what_does_not_answer_in_time_is_not_waited_for() -> None:
    report = await Readiness({"redis": stuck, "database": fine}, probe_seconds=0.05).report()

    assert report.checks["database"].is_ok
    assert report.checks["redis"].reason == "no answer within 0.05 s"


async def test_many_who_ask_at_once_are_answered_by_one_round() -> None:
    asked = 0

    async def counted() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)

    readiness = Readiness({"redis": counted})
    await asyncio.gather(*(readiness.report() for _ in range(20)))
    await readiness.report()

    assert asked == 1


async def test_an_old_answer_is_not_given_again() -> None:
    state = [fine, gone]

    async def next_state() -> None:
        await state.pop(0)()

    readiness = Readiness({"redis": next_state}, kept_seconds=0)

    assert (await readiness.report()).is_ready
    assert not (await readiness.report()).is_ready
