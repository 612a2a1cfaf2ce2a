"""Drills of the database: away for a while, and shared by many processes."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3

import asyncpg

from chaosdrills.drill import BACK_SECONDS, LATE_SECONDS, Drill
from chaosdrills.processes import Stack


async def stop_postgres(drill: Drill) -> None:
    """The database is away for a while under load: what was accepted is answered and stored when it is back."""
    stack, client = drill.stack, drill.client
    assert stack.postgres is not None
    seconds = 5 if drill.is_quick else 30
    streams = [client.ask("chain", tokens=60, every_ms=25, stream=True) for _ in range(10)]
    plain = [client.ask("speaking", tokens=40, every_ms=25) for _ in range(10)]
    await asyncio.gather(*(one.begun.wait() for one in streams))
    while any(not stack.model.calls[one.id] for one in plain):
        await asyncio.sleep(0.01)
    await asyncio.to_thread(stack.postgres.stop)
    during = [client.ask("chain", tokens=5) for _ in range(5)]
    await asyncio.sleep(seconds)
    await asyncio.to_thread(stack.postgres.start)
    drill.disturb()
    drill.verdict.recovery.append(await drill.until_answered())
    await client.done(*streams, *plain, *during)
    for role in (*stack.mains, *stack.workers):
        drill.verdict.require(role.is_alive, f"{role.name} died")
    for one in during:
        drill.verdict.require(one.is_answered or one.is_refused, f"during the outage: {one.status} {one.body[:80]}")
    if drill.breaks:
        connection = await asyncpg.connect(host=stack.postgres.host, user=stack.postgres.user, database="flows")
        await connection.execute('delete from chat_message where "chatId" = $1', streams[0].chat)
        await connection.close()
    drill.verdict.require(max(drill.verdict.recovery) < BACK_SECONDS, "service was not back in 5 s")
    await drill.judge()


async def freeze_worker(drill: Drill) -> None:
    """A worker stands still past its lease and wakes when others have answered: nothing that it still does counts.

    With PostgreSQL: SQLite's one lock may stand still with the worker, whatever we do.
    """
    stack, client = drill.stack, drill.client
    assert stack.postgres is not None
    for round_ in range(1 if drill.is_quick else 4):
        victim = stack.workers[round_ % len(stack.workers)]
        streams = [client.ask("chain", tokens=40, every_ms=25, stream=True, main=random.choice(stack.mains)) for _ in range(20)]
        agents = [client.ask("speaking", tokens=40, every_ms=25, stream=bool(number % 2)) for number in range(20)]
        await asyncio.gather(*(one.begun.wait() for one in streams))
        drill.disturb()
        victim.send(signal.SIGSTOP)
        await client.done(*streams, *agents)
        drill.verdict.recovery += drill.late(*streams, *agents)
        victim.send(signal.SIGCONT)
        await stack.until_served(victim)
        await client.done(*(client.ask("function") for _ in range(20)))
    if drill.breaks:
        connection = await asyncpg.connect(host=stack.postgres.host, user=stack.postgres.user, database="flows")
        change = "update chat_message set content = 'from the first attempt' where \"chatId\" = $1 and role = 'apiMessage'"
        await connection.execute(change, client.asked[0].chat)
        await connection.close()
    worst = max(drill.verdict.recovery)
    drill.verdict.require(worst < LATE_SECONDS + 5, f"an answer came {worst:.1f} s after the worker stood still")
    await drill.judge()


async def sqlite_crowd(drill: Drill) -> None:
    """SQLite with two mains and four workers: nobody is told that the database is locked, no row is lost."""
    stack, client = drill.stack, drill.client
    extra = [await stack.add_worker() for _ in range(2)]
    for _ in range(6 if drill.is_quick else 60):
        flows = ("chain", "speaking", "agent", "function")
        batch = [client.ask(flows[i % 4], tokens=3 * (i % 4 < 3), main=stack.mains[i % 2], stream=i % 8 < 2) for i in range(80)]
        if drill.breaks:
            await _hold_the_database(stack, 21)
        await client.done(*batch)
        if drill.breaks:
            break
    said = [one for one in client.asked if "locked" in one.body + one.error]
    drill.verdict.require(not said, f"{len(said)} answers said that the database is locked")
    for role in (*stack.mains, *stack.workers):
        log = (stack.folder / f"{role.name}.log").read_text(errors="replace")
        drill.verdict.require("is locked by another process" not in log, f"{role.name} met a locked database")
    await drill.judge()
    for worker in extra:
        drill.verdict.require(await worker.stop() == 0, f"{worker.name} did not end in order")
        stack.workers.remove(worker)


async def _hold_the_database(stack: Stack, seconds: float) -> None:
    connection = sqlite3.connect(stack.folder / "database.sqlite", timeout=30, isolation_level=None)
    connection.execute("begin immediate")
    await asyncio.sleep(seconds)
    connection.execute("rollback")
    connection.close()
