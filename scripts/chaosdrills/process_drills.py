"""Drills in which mains and workers are killed, frozen and restarted."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
import uuid

from chaosdrills.client import Asked
from chaosdrills.drill import LATE_SECONDS, Drill
from chaosdrills.processes import QUEUE, Process, Stack


async def kill_worker(drill: Drill) -> None:
    """kill -9 of a worker in the middle of streams and of agentflows whose page was visited already."""
    stack, client = drill.stack, drill.client
    for round_ in range(1 if drill.is_quick else 5):
        victim = stack.workers[round_ % len(stack.workers)]
        streams = [client.ask("chain", tokens=60, every_ms=25, stream=True, main=random.choice(stack.mains)) for _ in range(30)]
        agents = [client.ask("visiting", tokens=40, every_ms=40, stream=bool(number % 2)) for number in range(20)]
        await asyncio.gather(*(one.begun.wait() for one in streams))
        # The agents have visited their page and asked their model.
        while any(not stack.model.calls[one.id] for one in agents):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        drill.disturb()
        await victim.kill()
        victim.start()
        await client.done(*streams, *agents)
        late = [one.ended - drill.mark - one.tokens * 0.04 for one in (*streams, *agents)]
        drill.verdict.recovery += [max(0.0, seconds) for seconds in late]
        twice = [one for one in agents if stack.model.visits[one.id] != 1]
        drill.verdict.require(not twice, f"{len(twice)} finished HTTP nodes were repeated")
        await stack.until_served(victim)
    if drill.breaks:
        with sqlite3.connect(stack.folder / "database.sqlite", timeout=10) as connection:
            row = connection.execute("select * from chat_message where chatId = ? and role = 'apiMessage'", (client.asked[0].chat,))
            names = [column[0] for column in row.description]
            values = dict(zip(names, row.fetchone(), strict=True)) | {"id": str(uuid.uuid4())}
            marks = ",".join("?" * len(values))
            connection.execute(f"insert into chat_message ({','.join(values)}) values ({marks})", tuple(values.values()))
    worst = max(drill.verdict.recovery)
    drill.verdict.require(worst < LATE_SECONDS + 5, f"an answer came {worst:.1f} s after the kill")
    await drill.judge()


async def kill_main(drill: Drill) -> None:
    """kill -9 of a main in the middle of streams: another main gives the rest, behind the last event that was got."""
    stack, client = drill.stack, drill.client
    first, second = stack.mains[:2]
    streams = [client.ask("chain", tokens=80, every_ms=25, stream=True, main=first, headers={"X-Event-Ids": "true"}) for _ in range(20)]
    await asyncio.gather(*(one.begun.wait() for one in streams))
    drill.disturb()
    await first.kill()
    await client.done(*streams)
    if drill.breaks:
        run, _, number = streams[0].ids[-1].partition("-")
        streams[0].ids[-1] = f"{run}-{int(number) + 3}"  # as if the log had three events less
    await asyncio.gather(*(client.follow(one, second) for one in streams))
    for one in streams:
        drill.verdict.require("retry" not in [event["event"] for event in one.events], "a stream had to begin again")
    drill.verdict.recovery += [max(0.0, seconds - 80 * 0.025) for seconds in drill.late(*streams)]
    first.start()
    await stack.until_served(first)
    await drill.judge()


async def rolling(drill: Drill) -> None:
    """Workers and mains are restarted one after another under load; whoever balances the load leaves a stopping main out."""
    stack, client = drill.stack, drill.client
    is_over = asyncio.Event()
    serving = list(stack.mains)

    async def load(number: int) -> None:
        while not is_over.is_set():
            main = serving[number % len(serving)]
            await client.done(client.ask("chain", tokens=15, every_ms=20, stream=bool(number % 2), main=main))

    loads = [asyncio.create_task(load(number)) for number in range(16)]
    rounds = 1 if drill.is_quick else 10
    for _ in range(rounds):
        for process in (*stack.workers, *stack.mains):
            if process in serving and not drill.breaks:
                serving.remove(process)
            drill.disturb()
            if drill.breaks and process in stack.mains:
                await process.kill()
            else:
                status = await process.stop()
                drill.verdict.require(status == 0, f"{process.name} ended with status {status}")
            process.start()
            await stack.until_served(process)
            drill.verdict.recovery.append(time.monotonic() - drill.mark)
            if process in stack.mains and process not in serving:
                serving.append(process)
    is_over.set()
    await asyncio.gather(*loads)
    refused = [one for one in client.asked if one.is_refused or one.failure]
    drill.verdict.require(not refused, f"{len(refused)} failed requests")
    await drill.judge()


async def poison(drill: Drill) -> None:
    """A job that kills its worker each time is set aside; jobs beside it and after it are answered."""
    stack, client = drill.stack, drill.client
    beside = [client.ask("chain", tokens=80, every_ms=40) for _ in range(4)]
    job = client.ask("chain", tokens=400, every_ms=50, keeps_rows=False)
    for attempt in range(1, 4):
        while stack.model.calls[job.id] < attempt:
            await asyncio.sleep(0.02)
        if drill.breaks and attempt == 2:
            break
        holder = await holder_of(stack, job)
        drill.disturb()
        await holder.kill()
        holder.start()
        neighbours = [client.ask("agent", tokens=5, every_ms=5) for _ in range(10)]
        await client.done(*neighbours)
        drill.verdict.recovery.append(time.monotonic() - drill.mark)
        await stack.until_served(holder)
    if drill.breaks:
        await client.abort(job, stack.mains[0])
    await client.done(job, *beside)
    drill.verdict.require(job.status == 500 and "will not be started again" in job.body, f"not set aside: {job.status} {job.body[:80]}")
    client.asked.remove(job)
    await drill.judge()


async def holder_of(stack: Stack, job: Asked) -> Process:
    """The worker that runs a job; Redis knows its process id."""
    while True:
        async for key in stack.redis.scan_iter(match=f"{QUEUE}:prediction:job:*", count=1000):
            fields = await stack.redis.hmget(key, "state", "worker", "request")
            if fields[0] == b"running" and job.id.encode() in (fields[2] or b""):
                pid = int(fields[1].decode().split(":")[1])
                found = [worker for worker in stack.workers if worker.is_alive and worker.pid == pid]
                if found:
                    return found[0]
        await asyncio.sleep(0.02)
