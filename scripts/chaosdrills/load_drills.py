"""Drills of much work: too much at once, very much in all, work that burns CPU."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time

from chaosdrills.drill import Drill
from chaosdrills.processes import QUEUE, Process

MIB = 1024 * 1024
KEPT = 500
"""REMOVE_ON_COUNT of the drill with many jobs."""


async def overload(drill: Drill) -> None:
    """Ten times more than the workers can do: bounded waits, honest refusals, and back to normal within 10 s."""
    stack, client = drill.stack, drill.client
    ends = time.monotonic() + (8 if drill.is_quick else 60)
    while time.monotonic() < ends:
        for _ in range(12):
            client.ask("chain", tokens=20, every_ms=20, main=random.choice(stack.mains))
        await asyncio.sleep(0.05)
    drill.disturb()
    if drill.breaks:
        for worker in stack.workers:
            worker.send(signal.SIGSTOP)
    drill.verdict.recovery.append(await drill.until_answered(limit=12))
    for worker in stack.workers:
        worker.send(signal.SIGCONT)
    await client.done(*client.asked)
    refused = [one for one in client.asked if one.is_refused]
    waits = [one.ended - one.sent for one in client.asked]
    drill.verdict.require(bool(refused), "nothing was refused: the drill does not overload")
    drill.verdict.require(
        all(one.status == 429 and one.body and not one.body.startswith("{") for one in refused), "a refusal was no plain 429"
    )
    drill.verdict.require(max(waits) < 20, f"somebody waited {max(waits):.0f} s")
    drill.verdict.require(drill.verdict.recovery[-1] < 10, "not recovered in 10 s")
    await drill.judge()


async def busy_loop(drill: Drill) -> None:
    """While user code burns CPU, streams of others go on."""
    stack, client = drill.stack, drill.client
    spinning = [client.ask("spinning", keeps_rows=False)]
    streams = [client.ask("chain", tokens=40, every_ms=20, stream=True) for _ in range(5)]
    if drill.breaks:
        await asyncio.gather(*(one.begun.wait() for one in streams))
        for worker in stack.workers:
            worker.send(signal.SIGSTOP)
        await asyncio.sleep(2.5)
        for worker in stack.workers:
            worker.send(signal.SIGCONT)
    await client.done(*streams)
    took = [one.ended - one.sent for one in streams]
    drill.verdict.require(max(took) < 40 * 0.02 * 2 + 0.5, f"a stream took {max(took):.1f} s beside a spinning job")
    await client.done(*spinning)
    await drill.judge()


async def soak(drill: Drill) -> None:
    """Thousands of predictions over many chats: memory and file handles of main and workers stay flat, Redis too."""
    stack, client = drill.stack, drill.client
    number, chats = (1_500, 200) if drill.is_quick else (20_000, 2_000)

    async def run(count: int) -> None:
        for start in range(0, count, 50):
            batch = [
                client.ask(
                    "chain", tokens=5, stream=bool(i % 2), chat=f"soak-{(start + i) % chats}", main=stack.mains[i % 2], keeps_rows=False
                )
                for i in range(min(50, count - start))
            ]
            await client.done(*batch)
            drill.verdict.count(batch, [])
            client.asked.clear()

    await run(number // 3)
    roles = [*stack.mains, *stack.workers]
    before = {role.name: (rss_bytes(role.pid), handles(role)) for role in roles}
    await run(number)
    held = []
    if drill.breaks:
        held = [await asyncio.open_connection("127.0.0.1", stack.mains[0].port) for _ in range(100)]
    for role in roles:
        rss, files = before[role.name]
        grown = (rss_bytes(role.pid) - rss) / MIB / (number / 1000)
        # A short run has not warmed every pool; a long one has.
        drill.verdict.require(grown < (6 if drill.is_quick else 1), f"{role.name} grew {grown:.1f} MiB per 1,000 predictions")
        drill.verdict.require(handles(role) - files < 60, f"{role.name} holds {handles(role) - files} more files")
    for _, writer in held:
        writer.close()


async def many_jobs(drill: Drill) -> None:
    """Tens of thousands of jobs: as many are kept as REMOVE_ON_COUNT says, and Redis grows no more."""
    stack, client = drill.stack, drill.client
    number = 3_000 if drill.is_quick else 50_000

    async def run(count: int) -> None:
        for start in range(0, count, 100):
            batch = [client.ask("function", main=stack.mains[i % 2], keeps_rows=False) for i in range(min(100, count - start))]
            await client.done(*batch)
            drill.verdict.count(batch, [])
            client.asked.clear()

    await run(2 * KEPT)
    before = int((await stack.redis.info("memory"))["used_memory"])
    await run(number)
    if drill.breaks:
        await stack.redis.set("left behind", b"x" * 8 * MIB)
    grown = (int((await stack.redis.info("memory"))["used_memory"]) - before) / MIB
    kept = await stack.redis.zcard(f"{QUEUE}:prediction:done")
    drill.verdict.note = f"Redis grew {grown:.1f} MiB over {number:,} jobs"
    drill.verdict.require(grown < 2, f"Redis grew {grown:.1f} MiB")
    drill.verdict.require(kept <= KEPT, f"{kept} jobs are kept, not {KEPT}")


async def large_bodies(drill: Drill) -> None:
    """Bodies of five megabytes: answered whole, and Redis stays as it is."""
    stack, client = drill.stack, drill.client
    text = "".join(random.choices("abcdefghij", k=5_000_000))
    await client.done(client.ask("function"))
    before = int((await stack.redis.info("memory"))["used_memory"])
    peak = 0
    for number in range(5 if drill.is_quick else 40):
        asked = [client.ask("function", main=main, body={"form": {"text": text}}) for main in stack.mains]
        await client.done(*asked)
        if drill.breaks and number == 0:
            await stack.redis.set("left behind", text)
        peak = max(peak, int((await stack.redis.info("memory"))["used_memory"]))
    grown = (peak - before) / MIB
    drill.verdict.note = f"Redis grew {grown:.1f} MiB"
    drill.verdict.require(grown < 4, f"Redis grew {grown:.1f} MiB")
    await drill.judge()


def handles(role: Process) -> int:
    return len(os.listdir(f"/proc/{role.pid}/fd"))


def rss_bytes(pid: int) -> int:
    """Resident memory of a process, its own alone."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
