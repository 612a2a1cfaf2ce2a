"""Drills of what users do: stop a run in every state, ask many things at once in one chat."""

from __future__ import annotations

import asyncio
import random
import signal
import uuid
from collections.abc import Callable

from chaosdrills.client import Asked
from chaosdrills.drill import Drill


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
