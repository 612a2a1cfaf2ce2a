"""What is measured beside load: start-up, idle memory, what jobs leave behind in Redis and in the processes, two workers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from benchmark.measures import Figures, Row
from benchmark.processes import rss_mib
from benchmark.stack import MAIN, WORKER, Shape, Stack, running_stack
from benchmark.works import AGENTFLOW, CHAIN, FUNCTION, Work, measure, warm_up

SETTLE_SECONDS = 1.0
KEPT_SECONDS = 6
"""REMOVE_ON_AGE of the stack in which finished jobs are waited for to go."""
GONE_WITHIN_SECONDS = 60
JOBS = 1000
TOTAL = 9000
MB = 1_000_000
ALLOWED_GROWTH, ALLOWED_MIB = 1.2, 30
"""What a process may hold after long work: so many times what it held idle, and so much more."""

Say = Callable[[str], None]


async def start_rows(shape: Shape, rounds: int, say: Say) -> list[Row]:
    """Start-up time and idle memory of one more main and one more worker, each started alone beside a stack that serves."""
    rows: list[Row] = []
    async with running_stack(shape) as stack:
        for kind in (MAIN, WORKER):
            found: list[Figures] = []
            for _ in range(rounds):
                role = await stack.start(kind)
                await asyncio.sleep(SETTLE_SECONDS)
                below = role.pids()[1:]
                found.append({"ready_s": role.ready_seconds, "rss_mib": rss_mib([role.process.pid]), "rss_children_mib": rss_mib(below)})
                await stack.stop(role)
            rows.append(Row(name=f"start of a {kind}", rounds=found))
            say(f"start of a {kind}: {rows[-1].median('ready_s'):.2f} s, {rows[-1].median('rss_mib'):.0f} MiB")
    return rows


async def redis_rows(shape: Shape, rounds: int, say: Say) -> list[Row]:
    """Redis' memory per 1,000 finished jobs of each kind, while they are kept and after their time."""
    rows: list[Row] = []
    short = replace(shape, variables={**shape.variables, "REMOVE_ON_AGE": str(KEPT_SECONDS)})
    async with running_stack(shape) as keeping, running_stack(short) as forgetting:
        for work in (FUNCTION, CHAIN, AGENTFLOW):
            found = [{**await _kept(keeping, work), **await _gone(forgetting, work)} for _ in range(rounds)]
            rows.append(Row(name=f"Redis per 1,000 jobs: {work.flow}", rounds=found))
            say(f"{rows[-1].name}: {rows[-1].median('kept_mb'):.2f} MB, {rows[-1].median('left_mb'):.2f} MB after {KEPT_SECONDS} s")
    return rows


async def _kept(stack: Stack, work: Work) -> Figures:
    await warm_up(stack, work)
    before = await _used_memory(stack)
    done = await measure(stack, work, clients=32, requests=JOBS)
    return {"kept_mb": (await _settled_memory(stack) - before) / MB, "errors": done["errors"]}


async def _gone(stack: Stack, work: Work) -> Figures:
    """What is left when nothing is kept any more; waits until Redis holds as many keys as before."""
    await warm_up(stack, work)
    await asyncio.sleep(KEPT_SECONDS)
    keys, before = await stack.redis.dbsize(), await _used_memory(stack)
    await measure(stack, work, clients=32, requests=JOBS)
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while await stack.redis.dbsize() > keys + JOBS // 100 and time.monotonic() < deadline:
        await asyncio.sleep(0.25)
    return {"left_mb": max(0, await _settled_memory(stack) - before) / MB, "left_keys": max(0, await stack.redis.dbsize() - keys)}


async def _used_memory(stack: Stack) -> int:
    return int((await stack.redis.info("memory"))["used_memory"])


async def _settled_memory(stack: Stack) -> int:
    """After the buffers of connections have been given back."""
    await asyncio.sleep(SETTLE_SECONDS)
    return await _used_memory(stack)


async def memory_rows(shape: Shape, rounds: int, say: Say, total: int = TOTAL) -> list[Row]:
    """Resident memory after so many predictions, a third of each kind, against that before the first."""
    del rounds  # a process can be filled once
    async with running_stack(shape) as stack:
        await asyncio.sleep(SETTLE_SECONDS)
        idle = stack.rss()
        errors = 0.0
        for work in (FUNCTION, CHAIN, AGENTFLOW):
            errors += (await measure(stack, work, clients=64, requests=total // 3))["errors"]
        await asyncio.sleep(SETTLE_SECONDS)
        after = stack.rss()
    found: dict[str, float] = {}
    for kind in (MAIN, WORKER):
        allowed = ALLOWED_GROWTH * idle[kind] + ALLOWED_MIB
        found |= {f"idle_{kind}_mib": idle[kind], f"after_{kind}_mib": after[kind], f"over_{kind}_mib": max(0.0, after[kind] - allowed)}
    say(f"after {total} predictions: main {after[MAIN]:.0f} MiB, worker {after[WORKER]:.0f} MiB")
    return [Row(name=f"memory after {total:,} predictions", rounds=[{**found, "errors": errors}])]


async def worker_rows(shape: Shape, rounds: int, say: Say, *, is_quick: bool = False) -> list[Row]:
    """Two workers against one on the same database: errors, and how much more they do."""
    rows: list[Row] = []
    for work in (FUNCTION, CHAIN):
        requests = work.quick_requests if is_quick else work.requests
        speeds: list[list[Figures]] = []
        for workers in (1, 2):
            async with running_stack(replace(shape, workers=workers)) as stack:
                await warm_up(stack, work)
                speeds.append([await measure(stack, work, clients=work.clients, requests=requests) for _ in range(rounds)])
        found = [
            {**two, "ratio": two["per_second"] / one["per_second"], "error_share": two["errors"] / two["requests"]}
            for one, two in zip(*speeds, strict=True)
        ]
        rows.append(Row(name=f"two workers, {shape.database}: {work.flow}", rounds=found))
        say(f"{rows[-1].name}: {rows[-1].median('ratio'):.2f} × one worker, {sum(rows[-1].of('errors')):.0f} errors")
    return rows


StandingRows = Callable[[Shape, int, Say], Awaitable[list[Row]]]
