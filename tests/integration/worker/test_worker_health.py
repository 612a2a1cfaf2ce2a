from __future__ import annotations

import asyncio
import socket
import threading

import orjson
import pytest

from flowisectl.observability.readiness import Check, ReadinessReport
from flowisectl.worker import health
from flowisectl.worker.health import HealthReport, Pages, open_health
from flowisectl.worker.metrics import WorkerMetrics


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


async def test_a_stuck_event_loop_is_seen_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LOOP_SECONDS", 0.2)
    answers: list[tuple[int, bytes]] = []

    async with open_health(lambda: HealthReport(is_ok=True, reason=""), host="127.0.0.1", port=0) as port:

        def ask_blocking() -> None:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                client.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
                answer = b""
                while chunk := client.recv(65536):
                    answer += chunk
            answers.append((int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]))

        asker = threading.Thread(target=ask_blocking)
        asker.start()
        asker.join(10)  # this blocks the event loop, as a run that computes would

    [(status, body)] = answers
    assert status == 503
    assert b"event loop has not answered" in body


async def test_readiness_tells_each_thing_that_is_wrong() -> None:
    async def ready() -> ReadinessReport:
        return ReadinessReport(
            checks={"redis": Check(is_ok=False, milliseconds=1, reason="gone"), "database": Check(is_ok=True, milliseconds=1)}
        )

    pages = Pages(check=lambda: HealthReport(is_ok=True, reason=""), ready=ready)

    async with open_health(pages, host="127.0.0.1", port=0) as port:
        status, body = await ask(port, b"GET /readyz HTTP/1.1\r\n\r\n")
        alive, _ = await ask(port, b"GET /livez HTTP/1.1\r\n\r\n")

    assert status == 503
    assert orjson.loads(body)["checks"]["redis"] == {"ok": False, "ms": 1.0, "reason": "gone"}
    assert alive == 200


async def test_metrics_are_served_and_a_fault_in_them_is_told() -> None:
    async def metrics(is_open: bool) -> bytes:
        return b"open" if is_open else b"one 1\n"

    async def broken(is_open: bool) -> bytes:
        raise ValueError("no number")

    check = lambda: HealthReport(is_ok=True, reason="")  # noqa: E731

    async with open_health(Pages(check=check, metrics=metrics), host="127.0.0.1", port=0) as port:
        assert await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n") == (200, b"one 1\n")
        assert await ask(port, b"GET /metrics HTTP/1.1\r\nACCEPT: application/openmetrics-text\r\n\r\n") == (200, b"open")
    async with open_health(Pages(check=check, metrics=broken), host="127.0.0.1", port=0) as port:
        status, body = await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")
    assert status == 503 and b"no number" in body


async def test_a_worker_counts_its_jobs(start_main, start_worker, request_for) -> None:
    worker, _ = await start_worker()
    metrics = WorkerMetrics()
    worker.on_end = metrics.ended
    main = await start_main()

    submission = await main.submit(request_for(question="hi"))
    await submission.result()
    async with asyncio.timeout(10):  # the client may hear of the end before the worker does
        while not metrics.runs.count("prediction", "done"):
            await asyncio.sleep(0.01)

    assert metrics.jobs.value("prediction", "chatflow", "done") == 1
    assert metrics.runs.count("prediction", "done") == 1
