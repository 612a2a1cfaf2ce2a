"""A role is silent when it says nothing several times in a row, and never before it has spoken."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from flowisectl.supervisor.silence import Patience, until_silent

QUICK = Patience(every_seconds=0, misses=3)


async def times_asked(answers: Iterator[bool]) -> int:
    """How often a role that answers so is asked until it counts as silent."""
    asked = 0

    async def is_alive() -> bool:
        nonlocal asked
        asked += 1
        return next(answers)

    await asyncio.wait_for(until_silent(is_alive, QUICK), 20)
    return asked


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([True, False, False, False], 4),
        ([True, False, False, True, False, False, False], 7),
        ([False, False, False, False, True, False, False, False], 8),
    ],
    ids=["silent", "an answer in between", "not yet started"],
)
async def test_misses_in_a_row_count_once_it_has_answered(answers: list[bool], expected: int) -> None:
    assert await times_asked(iter(answers)) == expected


def test_no_patience_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="misses=0"):
        Patience(misses=0)
