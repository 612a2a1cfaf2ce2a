"""Mains and workers on one queue, in this process or as processes of their own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from scripted_runner import ScriptedRunner

from config.settings import QueueSettings, RedisSettings, WorkerSettings
from flowisectl.predictions.request import PredictionRequest
from flowisectl.predictions.submission import Submission
from flowisectl.predictions.submitter import QueueSubmitter, open_submitter
from flowisectl.redis_connection import open_redis
from flowisectl.worker.app import LeasedWorker, create_worker

SCRIPT = Path(__file__).with_name("scripted_runner.py")


def make_request(*, chat: str = "chat", flow: str = "flow", stream: bool = False, **body: Any) -> PredictionRequest:
    return PredictionRequest(
        flow_id=flow, flow_version="1", chat_id=chat, message_id=uuid.uuid4().hex, body=body, wants_stream=stream, is_internal=True
    )


async def all_events(submission: Submission) -> list[bytes]:
    return [event async for batch in submission.events() for event in batch]


@pytest.fixture
def request_for() -> Callable[..., PredictionRequest]:
    return make_request


@pytest.fixture
def events_of() -> Callable[[Submission], Awaitable[list[bytes]]]:
    return all_events


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


StartMain = Callable[..., Awaitable[QueueSubmitter]]
StartWorker = Callable[..., Awaitable[tuple[LeasedWorker, ScriptedRunner]]]


@pytest.fixture
def start_main(stack: AsyncExitStack, redis_settings: RedisSettings, queue_settings: QueueSettings) -> StartMain:
    async def start(**changes: Any) -> QueueSubmitter:
        settings = QueueSettings(name=queue_settings.name, **changes)
        redis = await stack.enter_async_context(open_redis(redis_settings, name=f"{settings.name}-main"))
        return await stack.enter_async_context(open_submitter(redis, settings))

    return start


@pytest.fixture
def start_worker(stack: AsyncExitStack, redis_settings: RedisSettings, queue_settings: QueueSettings) -> StartWorker:
    async def start(*, concurrency: int = 10_000, grace: float = 10.0, **changes: Any) -> tuple[LeasedWorker, ScriptedRunner]:
        settings = QueueSettings(name=queue_settings.name, **changes)
        redis = await stack.enter_async_context(open_redis(redis_settings, name=f"{settings.name}-worker"))
        runner = ScriptedRunner()
        worker = create_worker(redis, runner, settings, WorkerSettings(concurrency=concurrency, shutdown_grace_seconds=grace, port=0))
        worker.SIGNALS = []  # those of the test runner stay its own
        task = asyncio.create_task(worker.start())

        async def end() -> None:
            worker.event.set()
            await asyncio.wait_for(task, 30)
            await worker.jobs.disconnect()

        stack.push_async_callback(end)
        async with asyncio.timeout(10):
            while not worker.health().is_ok:
                await asyncio.sleep(0.01)
        return worker, runner

    return start


@pytest.fixture
def start_worker_process(redis_settings: RedisSettings, queue_settings: QueueSettings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, str(SCRIPT), redis_settings.url, queue_settings.name], stdout=subprocess.PIPE)
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
