"""Outcomes that somebody wants to be told of: each is told, whichever process is still there."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from config.settings import DatabaseSettings, QueueSettings, RedisSettings, WorkerSettings
from flowisectl.clients.http import open_http
from flowisectl.database.connection import Database, open_database
from flowisectl.interfaces.http import HttpClient
from flowisectl.predictions.callback import Callback
from flowisectl.predictions.callback_desk import CallbackDesk
from flowisectl.predictions.request import PredictionRequest, PredictionResult
from flowisectl.predictions.submission import Acceptance
from flowisectl.predictions.submitter import open_submitter
from flowisectl.queue.callbacks import Outbox
from flowisectl.queue.inspection import job_detail
from flowisectl.queue.keys import QueueKeys
from flowisectl.redis_connection import Pipeline, open_redis
from flowisectl.runs.payloads import Payloads
from flowisectl.secrets.vault import CredentialVault
from flowisectl.worker.app import create_worker


class Listener:
    """Takes POSTs; answers with the given statuses in turn, then with 204. While `gate` is closed it does not answer."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, Any], dict[str, str], bytes]] = []
        self.came = asyncio.Event()
        self.statuses: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
        self.told.append((orjson.loads(body), headers, body))
        self.came.set()
        await self.gate.wait()
        status = self.statuses.pop(0) if self.statuses else 204
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        writer.close()

    async def heard(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.told) < count:
                self.came.clear()
                await self.came.wait()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/done?key=k"
    yield made
    made.gate.set()
    server.close()


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with open_http(security_check=False) as client:
        yield client


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(DatabaseSettings(path=tmp_path)) as opened:
        yield opened


class Answering:
    """A runner that answers with `text` of the body, or fails with `error`."""

    async def run(self, request: PredictionRequest, *_: Any) -> PredictionResult:
        if request.body.get("error"):
            return PredictionResult(error=request.body["error"], error_kind="NodeError", status=500)
        return PredictionResult(body=orjson.dumps({"text": request.body.get("text", "")}))

    async def stopped(self, request: PredictionRequest, events: Any, error: Any, *_: Any) -> PredictionResult:
        return PredictionResult(error=error.message, error_kind=type(error).__name__, status=500)


@pytest.fixture
def vault(database: Database) -> CredentialVault:
    return CredentialVault(database, "the key")


@pytest.fixture
def accept(
    redis_settings: RedisSettings, queue_settings: QueueSettings, database: Database, vault: CredentialVault, listener: Listener
) -> Callable[..., Any]:
    """Accept a request with a callback in a main that ends right after."""

    async def run(request: PredictionRequest, secret: str = "s3cret") -> str:
        async with (
            open_redis(redis_settings, name="main") as redis,
            open_submitter(redis, queue_settings, database, vault.seal) as main,
        ):
            acceptance = Acceptance(is_detached=True, callback=Callback(url=listener.url, secret=secret))
            return (await main.submit(request, acceptance)).job_id

    return run


@asynccontextmanager
async def working(redis: Redis, settings: QueueSettings, database: Database) -> AsyncIterator[None]:
    worker = create_worker(redis, Answering(), settings, WorkerSettings(port=0), database=database)
    worker.SIGNALS = []
    task = asyncio.create_task(worker.start())
    yield
    worker.event.set()
    await asyncio.wait_for(task, 30)


@pytest.fixture
def desk(
    pipeline: Pipeline, queue_settings: QueueSettings, http: HttpClient, vault: CredentialVault, database: Database
) -> Callable[..., Any]:
    """A process that tells outcomes, for the time of a block."""

    @asynccontextmanager
    async def open_desk(client: HttpClient = http, **changes: Any) -> AsyncIterator[Outbox]:
        keys = QueueKeys(queue_settings.name, "prediction")
        outbox = Outbox(pipeline, keys)
        made = CallbackDesk(outbox, client, vault.open, Payloads(database, pipeline, keys, queue_settings), **changes)
        task = asyncio.create_task(made.run())
        yield outbox
        task.cancel()
        await asyncio.wait([task])

    return open_desk


async def nothing_left(redis: Redis, settings: QueueSettings) -> None:
    async with asyncio.timeout(10):
        while await redis.zcard(f"{settings.name}:prediction:callbacks"):
            await asyncio.sleep(0.02)
    assert [key async for key in redis.scan_iter(match=f"{settings.name}:prediction:callback:*")] == []


async def test_outcome_is_told_although_the_main_that_accepted_is_gone(
    accept, desk, listener, request_for, redis, queue_settings, database
) -> None:
    job_id = await accept(request_for(chat="c1", text="fine"))

    async with working(redis, queue_settings, database), desk():
        await listener.heard(1)
        await nothing_left(redis, queue_settings)

    outcome, headers, body = listener.told[0]
    assert outcome == {"status": "SUCCESS", "chatId": "c1", "data": {"text": "fine"}}
    assert headers["x-flowise-signature"] == "sha256=" + hmac.digest(b"s3cret", body, "sha256").hex()
    assert len(listener.told) == 1
    stored = await redis.hgetall(f"{queue_settings.name}:prediction:job:{job_id}")
    assert b"s3cret" not in b"".join(stored.values()) and listener.url.encode() not in b"".join(stored.values())
    assert "s3cret" not in repr(await job_detail(redis, queue_settings, job_id))


async def test_outcome_that_a_dying_process_was_telling_is_told_by_another(
    accept, desk, listener, request_for, redis, queue_settings, database
) -> None:
    job_id = await accept(request_for(text="fine"))
    listener.gate.clear()

    async with working(redis, queue_settings, database):
        async with desk():
            await listener.heard(1)
        # It died in the middle of the call; its lease ends now.
        await redis.zadd(f"{queue_settings.name}:prediction:callbacks", {job_id: 0}, xx=True)
        listener.gate.set()
        async with desk():
            await listener.heard(2)
            await nothing_left(redis, queue_settings)

    assert [told[0]["status"] for told in listener.told] == ["SUCCESS"] * 2


async def test_two_processes_tell_an_outcome_once(accept, desk, listener, request_for, redis, queue_settings, database) -> None:
    async with working(redis, queue_settings, database), desk(), desk():
        for number in range(8):
            await accept(request_for(text=str(number)))
        await listener.heard(8)
        await nothing_left(redis, queue_settings)

    assert sorted(told[0]["data"]["text"] for told in listener.told) == [str(number) for number in range(8)]


async def test_call_that_fails_is_made_again(accept, desk, listener, request_for, redis, queue_settings, database) -> None:
    listener.statuses = [500, 404]
    await accept(request_for(text="fine"))

    async with working(redis, queue_settings, database), desk(pauses=(0.0, 0.0)):
        await listener.heard(3)
        await nothing_left(redis, queue_settings)

    assert len(listener.told) == 3


async def test_address_that_never_answers_well_is_given_up(accept, desk, listener, request_for, redis, queue_settings, database) -> None:
    listener.statuses = [500] * 10
    await accept(request_for(text="fine"))

    async with working(redis, queue_settings, database), desk(pauses=(0.0, 0.0)):
        await listener.heard(3)
        await nothing_left(redis, queue_settings)

    assert len(listener.told) == 3


async def test_address_on_the_deny_list_is_not_called(accept, desk, listener, request_for, redis, queue_settings, database) -> None:
    await accept(request_for(text="fine"))

    async with open_http(security_check=True) as guarded, working(redis, queue_settings, database), desk(client=guarded) as outbox:
        async with asyncio.timeout(10):
            while not (await redis.zcard(f"{queue_settings.name}:prediction:done")):
                await asyncio.sleep(0.02)
        await nothing_left(redis, queue_settings)
        assert await outbox.take() == []

    assert listener.told == []


async def test_failed_stopped_and_forgotten_jobs_are_told_too(
    accept, desk, listener, request_for, redis, redis_settings, queue_settings, database, vault
) -> None:
    settings = QueueSettings(name=queue_settings.name, remove_on_count=0)
    stopped = await accept(request_for(chat="stopped"))
    async with open_redis(redis_settings, name="main") as client, open_submitter(client, queue_settings, database, vault.seal) as main:
        await main.stop_job(stopped)
    await accept(request_for(chat="failed", error="no luck"))
    await accept(request_for(chat="large", text="x" * 400_000))

    async with working(redis, settings, database):
        async with asyncio.timeout(20):
            while await redis.zcard(f"{settings.name}:prediction:callbacks") < 3:
                await asyncio.sleep(0.02)
    assert [key async for key in redis.scan_iter(match=f"{settings.name}:prediction:job:*")] == []
    async with desk():
        await listener.heard(3)
        await nothing_left(redis, settings)

    told = {outcome["chatId"]: outcome for outcome, _, _ in listener.told}
    assert (told["failed"]["status"], told["failed"]["error"]) == ("ERROR", "no luck")
    assert told["stopped"]["status"] == "ERROR"
    assert told["large"]["data"]["text"] == "x" * 400_000
