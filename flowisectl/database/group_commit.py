"""Group commit: what queued up while the last commit ran is stored in one transaction.

No timer is involved: the first write of a quiet moment is stored at once, and the busier the process the larger the batches.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from flowisectl.database.driver import Driver, Write
from flowisectl.errors import DatabaseUnavailable

SLOW_SECONDS = 5.0
"""After so long a write that is not done yet is told in the log."""
FAILURE_TOLD_SECONDS = 30.0
LARGEST_BATCH = 500
"""Writes of one transaction: a bound on how long other processes wait for SQLite's write lock."""

log = logging.getLogger(__name__)


class GroupCommit:
    """Takes writes from many tasks. Statements must not depend on the order of writes that are not awaited one after another."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._waiting: list[tuple[Write, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._slow_since: float | None = None
        self._failure, self._failed_at = "", 0.0

    @property
    def trouble(self) -> str:
        """Why nothing can be stored at the moment, for people: a write takes too long, or the last one has failed just now.

        An older failure is no longer told: whoever asks before work is sent here would never send any again.
        """
        now = time.monotonic()
        if self._slow_since is not None:
            return f"a write has waited {now - self._slow_since:.0f} s: another process locks it, or it is slow"
        return self._failure if self._failure and now - self._failed_at < FAILURE_TOLD_SECONDS else ""

    async def add(self, statement: sa.Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store rows by one statement, all or none; returns when they are committed.

        Raises InvalidRequest for rows that the database refuses and DatabaseUnavailable. A caller that is cancelled while it
        waits does not take the write back.
        """
        if not rows:
            return
        if self._closed:
            raise DatabaseUnavailable(f"{self._driver.place} is being closed: nothing more can be stored")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((Write(statement, rows), future))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="database group commit")
        await future

    async def close(self) -> None:
        """Store what waits, then take no more."""
        self._closed = True
        while self._task is not None:
            await asyncio.shield(self._task)

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:LARGEST_BATCH]
                del self._waiting[:LARGEST_BATCH]
                await self._store(batch)
        finally:
            self._task = None

    async def _store(self, batch: list[tuple[Write, asyncio.Future[None]]]) -> None:
        merged, owners = _merge(batch)
        timer = asyncio.get_running_loop().call_later(SLOW_SECONDS, self._is_slow, len(batch), time.monotonic())
        try:
            outcomes = await self._driver.commit(merged)
            for index, outcome in enumerate(outcomes):
                if outcome is None or isinstance(outcome, DatabaseUnavailable) or len(owners[index]) == 1:
                    continue
                # Rows of several callers went in as one: each gets a try of its own, so that one bad row harms nobody else.
                for position in owners[index]:
                    write, future = batch[position]
                    _settle(future, (await self._driver.commit([write]))[0])
        except BaseException as error:
            cut = error if isinstance(error, Exception) else DatabaseUnavailable(f"{self._driver.place}: the write was cut off")
            for _, future in batch:
                _settle(future, cut)
            if not isinstance(error, Exception):
                raise
            return
        finally:
            timer.cancel()
            self._slow_since = None
        self._note(outcomes)
        for index, outcome in enumerate(outcomes):
            for position in owners[index]:
                _settle(batch[position][1], outcome)

    def _note(self, outcomes: Sequence[Exception | None]) -> None:
        failure = next((str(outcome) for outcome in outcomes if isinstance(outcome, DatabaseUnavailable)), "")
        if failure and not self._failure:
            log.error("nothing can be stored: %s", failure)
        self._failure, self._failed_at = failure, time.monotonic()

    def _is_slow(self, number: int, began: float) -> None:
        self._slow_since = began
        what = "a write has" if number == 1 else f"{number} writes have"
        log.warning("%s waited %g s for %s: another process locks it, or it is slow", what, SLOW_SECONDS, self._driver.place)


def _merge(batch: list[tuple[Write, asyncio.Future[None]]]) -> tuple[list[Write], list[list[int]]]:
    """Writes with the same statement become one; the second value says whose rows each one holds."""
    rows: dict[int, list[Mapping[str, Any]]] = {}
    owners: dict[int, list[int]] = {}
    statements: dict[int, sa.Executable] = {}
    for position, (write, _) in enumerate(batch):
        key = id(write.statement)
        statements[key] = write.statement
        rows.setdefault(key, []).extend(write.rows)
        owners.setdefault(key, []).append(position)
    return [Write(statements[key], rows[key]) for key in statements], [owners[key] for key in statements]


def _settle(future: asyncio.Future[None], outcome: Exception | None) -> None:
    if future.done():
        return
    if outcome is None:
        future.set_result(None)
    else:
        future.set_exception(outcome)
