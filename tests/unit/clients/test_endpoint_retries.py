"""When a call is tried again, how often, and what is told in the end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from scripted_server import Answer, Pauses, ScriptedServer

from flowisectl.clients.endpoint import ModelEndpoint
from flowisectl.clients.http import open_http
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient

OK = b'{"ok":true}'


def endpoint(http: HttpClient, pauses: Pauses, notes: list[str] | None = None, **fields: Any) -> ModelEndpoint:
    on_retry = notes.append if notes is not None else None
    return ModelEndpoint(http, provider="prov", headers={}, secrets=("k-123456",), pause=pauses, on_retry=on_retry, **fields)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
async def test_a_passing_refusal_is_tried_again(http: HttpClient, server: ScriptedServer, pauses: Pauses, status: int) -> None:
    server.script(Answer(status=status, body=b"busy"), Answer(body=OK))
    notes: list[str] = []

    answer = await endpoint(http, pauses, notes).post(server.url, {})

    assert answer == {"ok": True}
    assert len(pauses.seconds) == 1 and 0 < pauses.seconds[0] <= 0.5
    assert len(notes) == 1 and f"{status} busy" in notes[0] and notes[0].startswith("prov: trying again in")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_a_final_refusal_is_told_at_once(http: HttpClient, server: ScriptedServer, pauses: Pauses, status: int) -> None:
    server.json({"error": {"message": "no"}}, status=status)

    with pytest.raises(ProviderError, match=f"^{status} no$"):
        await endpoint(http, pauses).post(server.url, {})

    assert (len(server.seen), pauses.seconds) == (1, [])


async def test_there_are_at_most_two_retries(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({"error": {"message": "mock error 500"}}, status=500)

    with pytest.raises(ProviderError, match=r"^500 mock error 500$"):
        await endpoint(http, pauses, max_retries=9).post(server.url, {})

    assert len(server.seen) == 3 and sum(pauses.seconds) < 2


async def test_retries_can_be_switched_off(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({}, status=500)

    with pytest.raises(ProviderError):
        await endpoint(http, pauses, max_retries=0).post(server.url, {})

    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [
        ({"Retry-After": "3"}, 3, 3),
        ({"Retry-After-Ms": "250"}, 0.25, 0.25),
        ({"Retry-After": format_datetime(datetime.now(UTC) - timedelta(minutes=1), usegmt=True)}, 0, 0),
        ({"Retry-After": "soon"}, 0.3, 0.5),
    ],
)
async def test_the_provider_says_how_long_to_wait(
    http: HttpClient, server: ScriptedServer, pauses: Pauses, headers: dict[str, str], low: float, high: float
) -> None:
    server.script(Answer(status=429, body=b"slow down", headers=headers), Answer(body=OK))

    await endpoint(http, pauses).post(server.url, {})

    assert low <= pauses.seconds[0] <= high


async def test_a_wait_beyond_the_bound_is_not_begun(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.script(Answer(status=429, body=b'{"error":{"message":"come back later"}}', headers={"Retry-After": "60"}))

    with pytest.raises(ProviderError, match="429 come back later"):
        await endpoint(http, pauses).post(server.url, {})

    assert (len(server.seen), pauses.seconds) == (1, [])


async def test_an_empty_purse_is_final(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.json({"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, status=429)

    with pytest.raises(ProviderError, match="quota"):
        await endpoint(http, pauses).post(server.url, {})

    assert len(server.seen) == 1


async def test_a_server_that_is_not_there_is_tried_again_and_named(http: HttpClient, pauses: Pauses) -> None:
    with pytest.raises(ProviderError, match=r"prov: cannot connect to http://127\.0\.0\.1:1 ") as caught:
        await endpoint(http, pauses).post("http://127.0.0.1:1/v1", {})

    assert caught.value.status == 0 and len(pauses.seconds) == 2


async def test_a_denied_address_is_final(server: ScriptedServer, pauses: Pauses) -> None:
    async with open_http(deny_list=["127.0.0.1"]) as http:
        with pytest.raises(ProviderError, match=r"^Access to this host is denied by policy\.$"):
            await endpoint(http, pauses).post(server.url, {})

    assert pauses.seconds == []


async def test_a_stream_that_ends_before_its_first_event_is_tried_again(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.script(Answer(pieces=[], is_cut=True), Answer(status=503), Answer(pieces=[b"data: 1\n\n"]))

    lots = [lot async for lot in endpoint(http, pauses).events(server.url, {})]

    assert lots == [[b"1"]] and len(server.seen) == 3


async def test_a_slow_first_byte_is_waited_for(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    gate = asyncio.Event()
    server.script(Answer(pieces=[b"data: 1\n\n"], gate=gate))
    events = endpoint(http, pauses).events(server.url, {})
    first = asyncio.ensure_future(anext(events))
    await server.wait_seen()

    assert not first.done()
    gate.set()

    assert await first == [b"1"]
    await events.aclose()


async def test_a_first_byte_that_never_comes_ends_in_a_time_out(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    gate = asyncio.Event()
    server.script(Answer(gate=gate))

    with pytest.raises(ProviderError, match=r"no answer from .* for 0\.05 s"):
        async for _ in endpoint(http, pauses, timeout_seconds=0.05, max_retries=0).events(server.url, {}):
            pass
    gate.set()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error":{"message":"m"}}', "m"),
        (b'{"error":"m"}', "m"),
        (b'{"message":"m"}', "m"),
        (b'{"detail":"m"}', "m"),
        (b'[{"error":{"message":"m"}}]', "m"),
        (b'{"error":{"kind":7}}', '{"kind":7}'),
        (b"<html>Bad Gateway</html>", "<html>Bad Gateway</html>"),
        (b"", "status code (no body)"),
        (b'{"error":{"message":"key k-123456 is bad"}}', "key *** is bad"),
    ],
)
async def test_what_the_provider_says_is_told(http: HttpClient, server: ScriptedServer, pauses: Pauses, body: bytes, message: str) -> None:
    server.script(Answer(status=400, body=body))

    with pytest.raises(ProviderError) as caught:
        await endpoint(http, pauses).post(server.url, {})

    assert str(caught.value) == f"400 {message}"


async def test_what_secret_headers_carry_is_told_to_nobody(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    headers = {"X-Proxy-Key": "p-77777", "Authorization": "Bearer b-88888", "X-Team": "maths"}
    server.script(Answer(status=403, body=b"maths may not use p-77777 with b-88888"))

    with pytest.raises(ProviderError) as caught:
        await ModelEndpoint(http, provider="prov", headers=headers, pause=pauses).post(server.url, {})

    assert str(caught.value) == "403 maths may not use *** with ***"


async def test_an_endless_message_is_shortened(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.script(Answer(status=400, body=b"x" * 100_000))

    with pytest.raises(ProviderError) as caught:
        await endpoint(http, pauses).post(server.url, {})

    assert len(str(caught.value)) <= 2000


async def test_an_answer_that_is_not_json_is_told(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.script(Answer(body=b"<html>"))

    with pytest.raises(ProviderError, match="not JSON"):
        await endpoint(http, pauses).post(server.url, {})
