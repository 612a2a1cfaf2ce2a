from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from flowisectl.errors import DeadlinePassed, RedisUnavailable
from flowisectl.predictions.request import PredictionResult
from flowisectl.web import sse
from flowisectl.web.services import WebServices
from flowisectl.web.sse import END, error_frame

PREFIX = "Error: predictionsServices.buildChatflow - "
MakeFlow = Callable[..., Awaitable[dict[str, Any]]]
ASK = {"question": "x", "streaming": True}


async def writes_of(connection: Any) -> AsyncIterator[bytes]:
    """What the server writes, one piece after the other; an empty one is the last."""
    while data := await connection.receive():
        yield data


def path(flow: dict[str, Any]) -> str:
    return f"/api/v1/prediction/{flow['id']}"


async def test_a_stream_is_byte_for_byte_what_clients_read(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    start, one, two = b'{"event":"start","data":""}', '{"event":"token","data":"größe/"}'.encode(), b'{"event":"token","data":" b"}'
    metadata = b'{"event":"metadata","data":{"chatId":"c"}}'
    submitter.submission.batches = [[start], [one, two], [], [metadata]]

    answer = await anybody.post(path(flow), json={**ASK, "streaming": "true"})

    expected = b"".join(b"message:\ndata:" + event + b"\n\n" for event in (start, one, two, metadata, b'{"event":"end","data":"[DONE]"}'))
    assert answer.status_code == 200
    assert answer.headers.getlist("Content-Type") == ["text/event-stream"]
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Connection"] == "keep-alive"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    assert await answer.get_data(as_text=False) == expected
    assert submitter.requests[0].wants_stream is True


async def test_what_came_together_goes_out_in_one_write(app: Quart, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    submitter.submission.batches = [[b'{"event":"token","data":"%d"}' % number for number in range(100)]]
    writes: list[bytes] = []

    async with app.test_client().request(path(flow), method="POST", headers={"Content-Type": "application/json"}) as connection:
        await connection.send(b'{"streaming":true}')
        await connection.send_complete()
        async for data in writes_of(connection):
            writes.append(data)

    assert len(writes) <= 2
    assert b"".join(writes).count(b"message:\n") == 101


async def test_a_flow_that_cannot_stream_answers_json(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow(chatbotConfig='{"postProcessing":{"enabled":true}}')

    answer = await anybody.post(path(flow), json=ASK)

    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert submitter.requests[0].wants_stream is False


async def test_an_error_event_is_followed_by_end_alone(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    submitter.submission.batches = [[b'{"event":"error","data":"Error: predictionsServices.buildChatflow - boom"}']]
    submitter.submission.outcome = PredictionResult(error="boom", status=500)

    answer = await anybody.post(path(flow), json=ASK)

    assert answer.status_code == 200
    assert (await answer.get_data(as_text=False)) == error_frame(PREFIX + "boom") + END


async def test_a_failure_without_an_event_is_still_told(anybody: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    submitter.submission.outcome = PredictionResult(error="the worker was lost", status=500)

    answer = await anybody.post(path(flow), json=ASK)

    assert await answer.get_data(as_text=False) == error_frame(PREFIX + "the worker was lost") + END


@pytest.mark.parametrize("error", [DeadlinePassed("no answer in time"), RedisUnavailable("Redis went away"), RuntimeError("secret inside")])
async def test_a_stream_that_breaks_off_ends_with_error_and_end(
    anybody: QuartClient, make_flow: MakeFlow, submitter: Any, error: Exception
) -> None:
    flow = await make_flow()
    submitter.submission.batches = [[b'{"event":"token","data":"a"}']]
    submitter.submission.events_error = error

    answer = await anybody.post(path(flow), json=ASK)

    body = await answer.get_data(as_text=False)
    assert body.startswith(b'message:\ndata:{"event":"token","data":"a"}\n\nmessage:\ndata:{"event":"error"')
    assert body.endswith(END)
    assert b"secret inside" not in body


async def test_a_silent_stream_beats(
    anybody: QuartClient, app: Quart, make_flow: MakeFlow, submitter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.01)
    flow = await make_flow()
    gate = submitter.submission.gate = asyncio.Event()
    beats = 0

    async with app.test_client().request(path(flow), method="POST", headers={"Content-Type": "application/json"}) as connection:
        await connection.send(b'{"streaming":true}')
        await connection.send_complete()
        received = b""
        async for data in writes_of(connection):
            received += data
            beats = received.count(b":heartbeat\n\n")
            if beats >= 2:
                gate.set()

    assert received == b":heartbeat\n\n" * beats + END


async def test_a_stopping_server_ends_its_streams_in_order(app: Quart, make_flow: MakeFlow, submitter: Any, services: WebServices) -> None:
    flow = await make_flow()
    submitter.submission.batches = [[b'{"event":"token","data":"a"}']]
    submitter.submission.gate = asyncio.Event()
    received = b""

    async with app.test_client().request(path(flow), method="POST", headers={"Content-Type": "application/json"}) as connection:
        await connection.send(b'{"streaming":true}')
        await connection.send_complete()
        draining = None
        async for data in writes_of(connection):
            received += data
            if draining is None:
                draining = asyncio.ensure_future(services.streams.drain(0))
    assert draining is not None
    await draining

    assert received.startswith(b'message:\ndata:{"event":"token","data":"a"}\n\n')
    assert received.count(b'"event":"error"') == 1
    assert b"The server is stopping" in received
    assert received.endswith(END)
    assert len(services.streams) == 0


async def test_a_drain_lets_streams_end_by_themselves(app: Quart, make_flow: MakeFlow, submitter: Any, services: WebServices) -> None:
    flow = await make_flow()
    gate = submitter.submission.gate = asyncio.Event()
    running = asyncio.ensure_future(app.test_client().post(path(flow), json=ASK))
    while not len(services.streams):
        await asyncio.sleep(0)

    draining = asyncio.ensure_future(services.streams.drain(30))
    gate.set()
    await draining

    assert await (await running).get_data(as_text=False) == END


async def test_a_client_that_leaves_ends_its_stream_and_nothing_else(
    app: Quart, make_flow: MakeFlow, submitter: Any, services: WebServices
) -> None:
    flow = await make_flow()
    submitter.submission.batches = [[b'{"event":"token","data":"a"}']]
    submitter.submission.gate = asyncio.Event()

    async with app.test_client().request(path(flow), method="POST", headers={"Content-Type": "application/json"}) as connection:
        await connection.send(b'{"streaming":true}')
        await connection.send_complete()
        await connection.receive()
        assert len(services.streams) == 1
        await connection.disconnect()
    async with asyncio.timeout(5):
        while len(services.streams):
            await asyncio.sleep(0)

    assert submitter.stopped == []


async def test_the_internal_stream_carries_errors_without_a_prefix(admin: QuartClient, make_flow: MakeFlow, submitter: Any) -> None:
    flow = await make_flow()
    submitter.submission.outcome = PredictionResult(error="boom", status=500)

    answer = await admin.post(
        f"/api/v1/internal-prediction/{flow['id']}", json={"question": "x", "streaming": 1}, headers={"x-request-from": "internal"}
    )

    assert await answer.get_data(as_text=False) == error_frame("boom") + END
