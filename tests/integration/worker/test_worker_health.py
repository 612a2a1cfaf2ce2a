from __future__ import annotations

import asyncio
import socket

import pytest

from flowisectl.worker.health import HealthReport, open_health


async def ask(port: int, request: bytes = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


async def test_healthy_worker_says_ok(start_worker) -> None:
    worker, _ = await start_worker()

    async with open_health(worker.health, host="127.0.0.1", port=0) as port:
        assert await ask(port) == (200, b"OK")


async def test_stopping_worker_says_so(start_worker) -> None:
    worker, _ = await start_worker()

    async with open_health(worker.health, host="127.0.0.1", port=0) as port:
        worker.event.set()

        status, body = await ask(port)

    assert status == 503
    assert b"stopping" in body


async def test_worker_that_has_not_started_is_not_healthy(redis, queue_settings) -> None:
    from scripted_runner import ScriptedRunner

    from config.settings import WorkerSettings
    from flowisectl.worker.app import create_worker

    worker = create_worker(redis, ScriptedRunner(), queue_settings, WorkerSettings())

    assert worker.health() == HealthReport(is_ok=False, reason="it has not started yet")
    await worker.jobs.disconnect()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"HEAD /healthz HTTP/1.1\r\n\r\n", 200),
        (b"GET /healthz?x=1 HTTP/1.1\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"POST /healthz HTTP/1.1\r\n\r\n", 405),
        (b"\r\n\r\n", 404),
        (b"GET /healthz HTTP/1.1\r\n" + b"X: " + b"y" * 20_000 + b"\r\n\r\n", 0),
    ],
)
async def test_odd_requests_are_answered_or_dropped(request_bytes: bytes, status: int) -> None:
    async with open_health(lambda: HealthReport(is_ok=True, reason=""), host="127.0.0.1", port=0) as port:
        try:
            answered, body = await ask(port, request_bytes)
        except ConnectionResetError:
            answered, body = 0, b""

    assert answered == status
    assert not (request_bytes.startswith(b"HEAD") and body)


async def test_taken_port_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(OSError):
            async with open_health(lambda: HealthReport(is_ok=True, reason=""), host="127.0.0.1", port=taken.getsockname()[1]):
                pass
