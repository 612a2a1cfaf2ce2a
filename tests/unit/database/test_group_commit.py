"""The grouping itself, with a driver that the test holds back; what databases make of it is tested against real ones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from flowisectl.database import group_commit
from flowisectl.database.driver import Driver, Write
from flowisectl.database.group_commit import LARGEST_BATCH, GroupCommit
from flowisectl.database.lookup import Lookup, Row
from flowisectl.errors import DatabaseUnavailable, InvalidRequest

ONE, TWO = sa.text("one"), sa.text("two")


class HeldDriver:
    """Stores nothing; each commit waits until the test lets it go on. Rows with `bad` are refused, with `down` nothing works."""

    dialect = "sqlite"
    place = "a database"
    engine = cast(AsyncEngine, None)

    def __init__(self) -> None:
        self.commits: list[list[Write]] = []
        self.go_on = asyncio.Semaphore(0)
        self.begun = asyncio.Semaphore(0)

    async def commit(self, batch: Sequence[Write]) -> list[Exception | None]:
        self.commits.append(list(batch))
        self.begun.release()
        await self.go_on.acquire()
        return [self._outcome(write) for write in batch]

    def _outcome(self, write: Write) -> Exception | None:
        if any(row.get("down") for row in write.rows):
            return DatabaseUnavailable("down")
        return InvalidRequest("bad") if any(row.get("bad") for row in write.rows) else None

    async def fetch(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> list[Row]:
        raise NotImplementedError

    async def find(self, lookup: Lookup, parameters: Mapping[str, Any]) -> Row | None:
        raise NotImplementedError

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        raise NotImplementedError

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        raise NotImplementedError

    async def close(self) -> None:
        return None


@pytest.fixture
async def driver() -> AsyncIterator[HeldDriver]:
    yield HeldDriver()


def group_of(driver: HeldDriver) -> GroupCommit:
    checked: Driver = driver
    return GroupCommit(checked)


async def test_writes_during_a_commit_share_the_next_one(driver: HeldDriver) -> None:
    group = group_of(driver)
    first = asyncio.create_task(group.add(ONE, [{"n": 0}]))
    await driver.begun.acquire()
    others = [asyncio.create_task(group.add(TWO if n == 3 else ONE, [{"n": n}])) for n in range(1, 6)]
    await asyncio.sleep(0)

    driver.go_on.release()
    await first
    await driver.begun.acquire()
    assert not any(task.done() for task in others)
    driver.go_on.release()
    await asyncio.gather(*others)

    assert [[(write.statement, [row["n"] for row in write.rows]) for write in batch] for batch in driver.commits] == [
        [(ONE, [0])],
        [(ONE, [1, 2, 4, 5]), (TWO, [3])],
    ]


async def test_a_refused_row_is_told_only_to_its_owner(driver: HeldDriver) -> None:
    group = group_of(driver)
    for _ in range(10):
        driver.go_on.release()

    outcomes = await asyncio.gather(*[group.add(ONE, [{"n": n, "bad": n == 2}]) for n in range(4)], return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), InvalidRequest, type(None)]


async def test_an_absent_database_is_told_to_all_without_trying_each(driver: HeldDriver) -> None:
    group = group_of(driver)
    for _ in range(10):
        driver.go_on.release()

    outcomes = await asyncio.gather(*[group.add(ONE, [{"n": n, "down": True}]) for n in range(4)], return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [DatabaseUnavailable] * 4
    assert len(driver.commits) == 1


async def test_a_driver_that_breaks_is_told_and_the_next_write_works(driver: HeldDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    group = group_of(driver)

    async def broken(batch: Sequence[Write]) -> list[Exception | None]:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(driver, "commit", broken)
        with pytest.raises(RuntimeError, match="broken"):
            await group.add(ONE, [{"n": 1}])
    driver.go_on.release()
    await group.add(ONE, [{"n": 2}])

    assert len(driver.commits) == 1


async def test_batches_are_bounded(driver: HeldDriver) -> None:
    group = group_of(driver)
    for _ in range(3):
        driver.go_on.release()

    await asyncio.gather(*[group.add(ONE, [{"n": n}]) for n in range(LARGEST_BATCH + 1)])

    assert [len(batch[0].rows) for batch in driver.commits] == [LARGEST_BATCH, 1]


async def test_no_rows_are_no_commit(driver: HeldDriver) -> None:
    await group_of(driver).add(ONE, [])

    assert driver.commits == []


async def test_closing_stores_what_waits_and_takes_no_more(driver: HeldDriver) -> None:
    group = group_of(driver)
    waiting = asyncio.create_task(group.add(ONE, [{"n": 1}]))
    await driver.begun.acquire()
    closing = asyncio.create_task(group.close())
    driver.go_on.release()

    await asyncio.gather(waiting, closing)

    with pytest.raises(DatabaseUnavailable, match="being closed"):
        await group.add(ONE, [{"n": 2}])


async def test_a_write_that_takes_long_is_told_once_and_goes_on(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(group_commit, "SLOW_SECONDS", 0.01)
    told, driver = asyncio.Event(), HeldDriver()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.set()

    ear = Ear()
    group_commit.log.addHandler(ear)
    commit = GroupCommit(driver)
    write = asyncio.create_task(commit.add(ONE, [{"a": 1}]))
    await asyncio.wait_for(told.wait(), 10)
    group_commit.log.removeHandler(ear)
    meanwhile = commit.trouble
    driver.go_on.release()
    await asyncio.wait_for(write, 10)
    await commit.close()

    assert meanwhile.startswith("a write has waited") and commit.trouble == ""
    assert [record.getMessage() for record in caplog.records] == [
        "a write has waited 0.01 s for a database: another process locks it, or it is slow"
    ]
