"""Drills in which Redis is cut off, restarted, frozen and filled."""

from __future__ import annotations

import asyncio
import random
import signal

from chaosdrills.drill import BACK_SECONDS, Drill
from chaosdrills.processes import QUEUE


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
