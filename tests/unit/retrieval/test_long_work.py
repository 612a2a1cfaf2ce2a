"""While a thread works for long, threads take turns more often; after it as before."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from flowisectl.retrieval.long_work import SWITCH_SECONDS, in_thread


async def test_threads_take_turns_more_often_until_the_last_one_ends() -> None:
    usual = sys.getswitchinterval()
    begun, go_on = threading.Barrier(3), [threading.Event(), threading.Event()]

    def work(number: int) -> int:
        begun.wait(10)
        go_on[number].wait(10)
        return number

    first, second = (asyncio.create_task(in_thread(lambda number=number: work(number))) for number in range(2))  # type: ignore[misc]
    await asyncio.to_thread(begun.wait, 10)
    go_on[0].set()
    given = await asyncio.wait_for(first, 10)
    during = sys.getswitchinterval()
    go_on[1].set()
    await asyncio.wait_for(second, 10)

    assert given == 0
    assert during == pytest.approx(SWITCH_SECONDS, abs=1e-6)
    assert sys.getswitchinterval() == pytest.approx(usual)


async def test_a_failure_is_told_and_leaves_nothing_behind() -> None:
    usual = sys.getswitchinterval()

    def work() -> None:
        raise ValueError("no such file")

    with pytest.raises(ValueError, match="no such file"):
        await in_thread(work)

    assert sys.getswitchinterval() == pytest.approx(usual)
