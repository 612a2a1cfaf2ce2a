"""The drills: what each disturbs, and which promises it holds the stack to.

Each drill can be told to break its promise itself (`Drill.breaks`): the self-test does so and must see it caught.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg
from benchmark.processes import rss_bytes

from chaosdrills.client import Asked, Client
from chaosdrills.ledger import Verdict
from chaosdrills.processes import QUEUE, Process, Stack
from chaosdrills.rows import POSTGRES

MIB = 1024 * 1024
LATE_SECONDS = 10.0
"""A disturbed request is answered within so long of the disturbance."""
BACK_SECONDS = 5.0


@dataclass(kw_only=True)
class Drill:
    """One drill under way."""

    stack: Stack
    client: Client
    verdict: Verdict
    is_quick: bool
    breaks: bool = False
    mark: float = field(default_factory=time.monotonic)

    def disturb(self) -> None:
        self.mark = time.monotonic()

    async def judge(self, *, may_fail: bool = False) -> None:
        for one in self.client.asked:
            one.has_run = bool(self.stack.model.calls[one.id])
        chats = {one.chat for one in self.client.asked}
        rows = [row for row in await self.stack.rows() if row[0] in chats]
        self.verdict.count(self.client.asked, rows, may_fail=may_fail)

    async def until_answered(self, flow: str = "function", main: Process | None = None, limit: float = 30.0) -> float:
        """Seconds from the disturbance until a new request is answered."""
        while True:
            probe = self.client.ask(flow, main=main)
            await self.client.done(probe)
            self.client.asked.remove(probe)
            took = time.monotonic() - self.mark
            if probe.is_answered or took > limit:
                return took
            await asyncio.sleep(0.05)

    def late(self, *asked: Asked) -> list[float]:
        return [one.ended - self.mark for one in asked if one.ended > self.mark]


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


async def cut_redis(drill: Drill) -> None:
    """All connections of Redis are cut five times while many streams run."""
    stack, client = drill.stack, drill.client
    count = 64 if drill.is_quick else 256
    streams = [client.ask("chain", tokens=100, every_ms=15, stream=True, main=random.choice(stack.mains)) for _ in range(count)]
    await asyncio.gather(*(one.begun.wait() for one in streams))
    for _ in range(5):
        await asyncio.sleep(0.2)
        drill.disturb()
        for kind in ("normal", "pubsub"):
            await stack.redis.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        if drill.breaks:
            async for key in stack.redis.scan_iter(match=f"{QUEUE}:events:*"):
                await stack.redis.delete(key)
        drill.verdict.recovery.append(await drill.until_answered())
    await client.done(*streams)
    drill.verdict.require(max(drill.verdict.recovery) < BACK_SECONDS, "service was not back in 5 s")
    await drill.judge()


async def restart_redis(drill: Drill) -> None:
    """Redis is restarted with its data (nothing is lost), then without (what ran gets an honest error; service is back)."""
    stack, client = drill.stack, drill.client
    streams = [client.ask("chain", tokens=80, every_ms=25, stream=True) for _ in range(10)]
    plain = [client.ask("agent", tokens=60, every_ms=25) for _ in range(10)]
    await asyncio.gather(*(one.begun.wait() for one in streams))
    await stack.valkey.stop()
    await stack.start_valkey()
    drill.disturb()
    if drill.breaks:
        await stack.redis.flushall()
    drill.verdict.recovery.append(await drill.until_answered())
    await client.done(*streams, *plain)
    await drill.judge()
    client.asked.clear()
    again = [client.ask("chain", tokens=80, every_ms=25, stream=True) for _ in range(10)]
    await asyncio.gather(*(one.begun.wait() for one in again))
    await stack.valkey.kill()
    for folder in stack.folder.glob("appendonly*"):
        for file in folder.iterdir():
            file.unlink()
    await stack.start_valkey()
    drill.disturb()
    drill.verdict.recovery.append(await drill.until_answered())
    await client.done(*again)
    drill.verdict.require(max(drill.verdict.recovery) < BACK_SECONDS, "service was not back in 5 s")
    await drill.judge(may_fail=True)


async def freeze_redis(drill: Drill) -> None:
    """Redis stands still for a while: new work is refused within 2 s, running work is answered when it moves again."""
    stack, client = drill.stack, drill.client
    seconds = 6 if drill.is_quick else 10
    streams = [client.ask("chain", tokens=80, every_ms=25, stream=True) for _ in range(10)]
    plain = [client.ask("agent", tokens=60, every_ms=25) for _ in range(10)]
    await asyncio.gather(*(one.begun.wait() for one in streams))
    stack.valkey.send(signal.SIGSTOP)
    await asyncio.sleep(0.5)
    refused = [client.ask("function", keeps_rows=False) for _ in range(5)]
    await client.done(*refused)
    for one in refused:
        drill.verdict.require(one.is_refused, f"new work was not refused: status {one.status}")
        drill.verdict.require(one.ended - one.sent < 2.5, f"a refusal took {one.ended - one.sent:.1f} s")
    await asyncio.sleep(seconds)
    stack.valkey.send(signal.SIGCONT)
    if drill.breaks:
        await stack.redis.flushall()
    drill.disturb()
    drill.verdict.recovery.append(await drill.until_answered())
    await client.done(*streams, *plain)
    drill.verdict.require(max(drill.verdict.recovery) < BACK_SECONDS, "service was not back in 5 s")
    await drill.judge()


async def redis_oom(drill: Drill) -> None:
    """Redis is full: new work gets 503, what runs ends, and all is well when there is room again."""
    stack, client = drill.stack, drill.client
    running = [client.ask("chain", tokens=60, every_ms=25) for _ in range(10)]
    while any(not stack.model.calls[one.id] for one in running):
        await asyncio.sleep(0.01)
    await stack.redis.config_set("maxmemory", "1mb")
    if drill.breaks:
        await stack.redis.flushall()
    refused = [client.ask("function", keeps_rows=False) for _ in range(5)]
    await client.done(*refused)
    for one in refused:
        drill.verdict.require(one.is_refused, f"new work was not refused: status {one.status}")
    await client.done(*running)
    await stack.redis.config_set("maxmemory", "0")
    drill.disturb()
    drill.verdict.recovery.append(await drill.until_answered())
    drill.verdict.require(max(drill.verdict.recovery) < BACK_SECONDS, "service was not back in 5 s")
    await drill.judge()


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


async def abort_matrix(drill: Drill) -> None:
    """Stop a run in every state, from the main that did not accept it; what was said is kept."""
    stack, client = drill.stack, drill.client
    first, second = stack.mains[:2]

    async def stopped(name: str, asked: Asked, ready: Callable[[], bool]) -> None:
        while not ready():
            await asyncio.sleep(0.01)
        if drill.breaks:
            asked.chat, kept = f"{asked.chat}-other", asked.chat
            task = asyncio.create_task(client.abort(asked, second))
            await asyncio.wait([task], timeout=2)
            asked.chat = kept
            drill.verdict.require(task.done(), f"{name}: not stopped in 2 s")
            await client.abort(asked, second)
            await task
            return
        took = await client.abort(asked, second)
        drill.verdict.recovery.append(took)
        drill.verdict.require(took < 1.0, f"{name}: the abort took {took:.2f} s")
        said = asked.error or asked.body
        drill.verdict.require("cancelled" in said or "abort" in said, f"{name}: it did not say so: {said[:60]}")
        before = stack.model.calls[asked.id]
        await asyncio.sleep(0.2)
        drill.verdict.require(stack.model.calls[asked.id] == before, f"{name}: the model was asked again")

    for flow in ("chain", "speaking"):
        one = client.ask(flow, main=first, tokens=200, every_ms=30, stream=True, keeps_rows=False)
        await stopped(f"{flow}, streaming", one, one.begun.is_set)
        if drill.breaks:
            return
        rows = [row for row in await stack.rows() if row[0] == one.chat and row[1] == "apiMessage"]
        if flow == "chain" and not drill.breaks:
            partial = rows[0][2] if rows else ""
            drill.verdict.require(bool(partial) and one.expected.startswith(partial), "the partial answer was not kept")
        other = client.ask(flow, main=first, tokens=200, every_ms=30, keeps_rows=False)
        await stopped(f"{flow}, waiting for a model", other, lambda other=other: bool(stack.model.calls[other.id]))  # type: ignore[misc]
    page = client.ask("slow-page", main=first, keeps_rows=False)
    await asyncio.sleep(0.5)
    await stopped("agentflow, in a tool", page, lambda: True)
    for worker in stack.workers:
        worker.send(signal.SIGSTOP)
    await asyncio.sleep(0.1)
    queued = client.ask("chain", main=first, tokens=5, keeps_rows=False)
    await asyncio.sleep(0.3)
    await stopped("waiting in the queue", queued, lambda: True)
    for worker in stack.workers:
        worker.send(signal.SIGCONT)
    client.asked.clear()
    human = client.ask("human", main=first)
    await client.done(human)
    ended = client.ask("function", main=first)
    await client.done(ended)
    for one in (human, ended):
        await client.abort(one, second)
    await drill.judge()


async def same_chat(drill: Drill) -> None:
    """Many streams in one chat at once: each client gets its own answer only."""
    client = drill.client
    chat = f"shared-{uuid.uuid4().hex[:8]}"
    streams = [
        client.ask(
            "chain", tokens=20 + number, every_ms=10, stream=True, chat=chat, keeps_rows=False, main=random.choice(drill.stack.mains)
        )
        for number in range(20)
    ]
    await client.done(*streams)
    if drill.breaks:
        streams[0].events, streams[1].events = streams[1].events, streams[0].events
    rows = [content for found, role, content in await drill.stack.rows() if found == chat and role == "apiMessage"]
    drill.verdict.require(sorted(rows) == sorted(one.expected for one in streams), "the rows are not the answers")
    drill.verdict.count(streams, [])


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


def handles(role: Process) -> int:
    return len(os.listdir(f"/proc/{role.pid}/fd"))


OVERLOAD_OPTIONS = {"WORKER_CONCURRENCY": "4", "QUEUE_MAX_WAITING": "20"}
DRILLS: dict[str, tuple[Callable[[Drill], Awaitable[None]], dict[str, str]]] = {
    "kill-worker": (kill_worker, {}),
    "kill-main": (kill_main, {}),
    "rolling": (rolling, {}),
    "cut-redis": (cut_redis, {}),
    "restart-redis": (restart_redis, {}),
    "freeze-redis": (freeze_redis, {}),
    "redis-oom": (redis_oom, {}),
    "poison": (poison, {}),
    "abort-matrix": (abort_matrix, {}),
    "same-chat": (same_chat, {}),
    "busy-loop": (busy_loop, {}),
    "soak": (soak, {}),
    "overload": (overload, OVERLOAD_OPTIONS),
    "stop-postgres": (stop_postgres, {POSTGRES: "1"}),
}
"""By name: the drill, and the settings of a stack of its own when it needs one."""
