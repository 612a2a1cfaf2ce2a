"""A runner that does what the request's body says, in this process or as a worker of its own: `scripted_runner.py URL NAME`."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import orjson

from config.settings import QueueSettings, RedisSettings, WorkerSettings
from flowisectl.engine.context import Trace
from flowisectl.engine.events import EventKind, EventSink, FlowEvent
from flowisectl.errors import FlowisectlError
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.runs.attempt import Attempt


class ScriptedRunner:
    """Body members: `tokens` (texts to send), `pace` (seconds between them), `hold` (a file to wait for), `seconds` (to work),
    `error` (fail with it), `raises` (raise it), `spin` (seconds to block the loop), `checkpoint` (keep it),
    `confirms` (ask before the end whether the attempt counts)."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.started = asyncio.Event()
        self.cancelled = 0
        self.kept = asyncio.Event()
        self.loaded: list[object] = []
        self.refused: list[type[BaseException]] = []

    async def run(self, request: PredictionRequest, events: EventSink, trace: Trace, attempt: Attempt) -> PredictionResult:
        body = request.body
        self.runs.append(request.message_id)
        trace.node_started("node_0", "scripted", "Scripted")
        self.started.set()
        if "checkpoint" in body:
            self.loaded.append(await attempt.checkpoint.load())
            await attempt.checkpoint.save(body["checkpoint"])
            self.kept.set()
        if "spin" in body:
            end = time.monotonic() + body["spin"]
            while time.monotonic() < end:
                pass
        try:
            for text in body.get("tokens", ()):
                events.emit(FlowEvent(EventKind.TOKEN, text))
                await asyncio.sleep(body.get("pace", 0))
            while body.get("hold") and not Path(body["hold"]).exists():  # noqa: ASYNC240
                await asyncio.sleep(0.01)
            await asyncio.sleep(body.get("seconds", 0))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        trace.node_ended("node_0", "finished")
        if body.get("confirms"):
            try:
                await attempt.confirm()
            except BaseException as error:
                self.refused.append(type(error))
                raise
        if body.get("raises"):
            raise RuntimeError(body["raises"])
        if body.get("error"):
            events.emit(FlowEvent(EventKind.ERROR, body["error"]))
            return PredictionResult(error=body["error"], error_kind="NodeError", status=500)
        events.emit(FlowEvent(EventKind.METADATA, {"chatId": request.chat_id}))
        return PredictionResult(body=orjson.dumps({"text": "".join(body.get("tokens", ())), "id": request.message_id}))

    async def stopped(
        self, request: PredictionRequest, events: EventSink, error: FlowisectlError, said: str, attempt: Attempt
    ) -> PredictionResult:
        events.emit(FlowEvent(EventKind.ERROR, error.message))
        return PredictionResult(error=error.message, error_kind=type(error).__name__, status=500)


async def work(url: str, queue_name: str) -> None:
    from flowisectl.redis_connection import open_redis
    from flowisectl.worker.app import create_worker

    async with open_redis(RedisSettings(url=url), name=f"{queue_name}-worker") as redis:
        worker = create_worker(redis, ScriptedRunner(), QueueSettings(name=queue_name), WorkerSettings())
        working = asyncio.create_task(worker.start())
        while not worker.health().is_ok:
            await asyncio.sleep(0.01)
        print("ready", flush=True)
        await working


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2]))
