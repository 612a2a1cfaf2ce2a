"""Drills of neighbours: what a client notices of the heavy work of others, by its latency against its own when it is alone."""

from __future__ import annotations

import asyncio
import random
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chaosdrills.client import Asked
from chaosdrills.drill import Drill
from chaosdrills.heavy_flows import heavy_flows
from chaosdrills.processes import Process

TIMES_ITS_NORMAL = 2.0
"""So many times its normal a client's median may take beside heavy work on the same worker."""

TIMES_BESIDE_MEGABYTES = 4.0
"""The same beside a client that sends bodies of two megabytes without a pause: main reads, keeps and passes on all of them."""

TIMES_OUTSIDE = 1.25
"""Or so many times what it takes beside a busy program that has nothing to do with the stack."""

TRIES = 3
"""A measurement that is over its bound is made again: what else the machine does may be in one, a broken promise is in all."""


async def heavy_jobs(drill: Drill) -> None:
    """While a job of the same worker parses a PDF, splits a text, reads a table or spins, others take at most twice their normal.

    A sample is a model's answer and a function's, one after the other. Normal is measured before and after, in the same run; so is
    what it costs when a program outside of the stack keeps a processor busy: where there are few, that alone takes its share.
    """
    stack, client = drill.stack, drill.client
    (worker,) = stack.workers
    flows = heavy_flows()
    for name, flow in flows.items():
        if name not in stack.flows:
            await asyncio.to_thread(stack.import_flow, name, flow)
    await _alone(drill, 20)  # warm
    count = 15 if drill.breaks else 40 if drill.is_quick else 150
    told = []
    for name in flows:
        await client.done(client.ask(name, keeps_rows=False))
        for _ in range(1 if drill.breaks else TRIES):
            normal, outside, took = await _beside_one_job(drill, name, worker, count)
            is_held = took <= max(TIMES_ITS_NORMAL * normal, TIMES_OUTSIDE * outside)
            if is_held:
                break
        told.append(f"{name} {took / normal:.2f}x of {normal * 1000:.1f} ms (outside {outside / normal:.2f}x)")
        drill.verdict.require(is_held, f"beside {name} others take {took / normal:.1f} times their normal")
    drill.verdict.note = ", ".join(told)
    await drill.judge()


async def large_neighbour(drill: Drill) -> None:
    """While one client sends two megabytes without a pause, others take at most four times their normal."""
    client, count = drill.client, 60 if drill.is_quick else 300
    text = "".join(random.choices("abcdefghij", k=2_000_000))
    is_over, sent = asyncio.Event(), 0

    async def send() -> None:
        nonlocal sent
        while not is_over.is_set():
            large = client.ask("function", body={"form": {"text": text}}, keeps_rows=False)
            await client.done(large)
            sent += 1

    await _alone(drill, 20)  # warm
    for _ in range(1 if drill.breaks else TRIES):
        sent = 0
        is_over.clear()
        before = await _alone(drill, count)
        sending, started = asyncio.create_task(send()), time.monotonic()
        async with _stumbling(drill.stack.workers[0]) if drill.breaks else _going_on():
            beside = statistics.median(await _alone(drill, count))
        rate = sent / (time.monotonic() - started)
        is_over.set()
        await sending
        normal = statistics.median([*before, *await _alone(drill, count)])
        if beside <= TIMES_BESIDE_MEGABYTES * normal:
            break
    drill.verdict.require(sent > 5, f"only {sent} large bodies were sent")
    drill.verdict.require(beside <= TIMES_BESIDE_MEGABYTES * normal, f"others take {beside / normal:.1f} times their normal")
    drill.verdict.note = f"{beside / normal:.2f}x of {normal * 1000:.1f} ms, {rate:.0f} large bodies a second"
    await drill.judge()


async def _beside_one_job(drill: Drill, name: str, worker: Process, count: int) -> tuple[float, float, float]:
    """Medians in seconds: alone, beside a busy program outside of the stack, beside a job of the flow `name`."""
    before = await _alone(drill, count)
    async with _stumbling(worker) if drill.breaks else _going_on():
        beside = await _beside(drill, name, count)
    async with _busy_processor():
        outside = statistics.median(await _alone(drill, count))
    normal = statistics.median([*before, *await _alone(drill, count)])
    return normal, outside, statistics.median(beside)


async def _sample(drill: Drill) -> float:
    asked = []
    started = time.perf_counter()
    for flow in ("chain", "function"):
        asked.append(drill.client.ask(flow))
        await drill.client.done(asked[-1])
    return time.perf_counter() - started


async def _alone(drill: Drill, count: int) -> list[float]:
    return [await _sample(drill) for _ in range(count)]


async def _beside(drill: Drill, flow: str, count: int) -> list[float]:
    """Samples that began and ended while a job of the flow ran, one such job after another."""
    samples: list[float] = []
    while len(samples) < count:
        heavy: Asked = drill.client.ask(flow, keeps_rows=False)
        task: asyncio.Task[None] = heavy.task  # type: ignore[attr-defined]
        found = 0
        while not task.done():
            sample = await _sample(drill)
            if not task.done():
                samples.append(sample)
                found += 1
        if not heavy.is_answered or not found:
            drill.verdict.broken.append(f"{flow} gave no time to measure in: {heavy.status} {heavy.body[:300]}")
            return samples or [float("inf")]
    return samples


@asynccontextmanager
async def _busy_processor() -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
    try:
        yield
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _going_on() -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _stumbling(worker: Process) -> AsyncIterator[None]:
    """The worker stands still for most of the time, as one whose loop does the heavy work itself."""

    async def stumble() -> None:
        while True:
            worker.send(signal.SIGSTOP)
            await asyncio.sleep(0.04)
            worker.send(signal.SIGCONT)
            await asyncio.sleep(0.005)

    task = asyncio.create_task(stumble())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        worker.send(signal.SIGCONT)
