"""A role among others: its place in the roster, and the probes that say whether it is ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from redis.asyncio import Redis

from flowisectl.database.connection import Database
from flowisectl.database.migrations.runner import schema_state
from flowisectl.errors import DatabaseUnavailable
from flowisectl.observability.readiness import Probe, Readiness
from flowisectl.queue.overview import WOULD_WRITE, memory_trouble
from flowisectl.queue.roster import Presence, RoleSays
from flowisectl.redis_connection import failures_named


@asynccontextmanager
async def in_roster(redis: Redis | None, queue_name: str, say: Callable[[], RoleSays]) -> AsyncIterator[None]:
    """Be in the roster for the time of the block. Without Redis there is none."""
    if redis is None:
        yield
        return
    presence = Presence(redis, queue_name, say)
    task = asyncio.create_task(presence.keep(), name="roster")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await presence.leave()


def trouble_with_writes(database: Database) -> str:
    """What is said of a database that can be read while writes hang; empty when they do not."""
    return database.commits.trouble


def readiness_of(database: Database, redis: Redis | None) -> Readiness:
    """What a role needs before it can work: the database, its schema and, with MODE=queue, Redis."""

    async def database_answers() -> None:
        await database.fetch(sa.text("SELECT 1 AS one"))
        if trouble := trouble_with_writes(database):
            raise DatabaseUnavailable(trouble if database.place in trouble else f"{database.place}: {trouble}")

    async def schema_is_current() -> None:
        if database.is_read_only:
            return  # it was opened on the schema of another Flowise on purpose
        state = await schema_state(database)
        if state.revision != state.head:
            now = state.revision or "nothing"
            advice = "bring this role to the newest version" if state.is_later else "run `flowisectl database migrate`"
            raise DatabaseUnavailable(f"the schema is at {now}, not {state.head}: {advice}")

    probes: dict[str, Probe] = {"database": database_answers, "schema": schema_is_current}
    if redis is not None:
        client: Any = redis

        async def redis_answers() -> str:
            with failures_named(redis):
                await client.eval(WOULD_WRITE, 0)
                return await memory_trouble(redis)

        probes["redis"] = redis_answers
    return Readiness(probes)
