"""What every service with a JSON API is sent, and what becomes of its answers."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_server import Answer, Pauses, ScriptedServer

from flowisectl.clients import waiting
from flowisectl.clients.rest import RestService
from flowisectl.clients.waiting import when_done
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient

SECRET = "very-secret"


def service(http: HttpClient, server: ScriptedServer, pauses: Pauses, **more: Any) -> RestService:
    return RestService(http, provider="test", base_url=server.url, headers={"x-key": SECRET}, secrets=(SECRET,), pause=pauses, **more)


async def test_a_busy_service_is_asked_again_after_the_time_that_it_asks_for(
    http: HttpClient, server: ScriptedServer, pauses: Pauses
) -> None:
    server.script(Answer(status=429, headers={"retry-after": "3"}), Answer(status=503), Answer(body=b'{"ok": 1}'))

    assert await service(http, server, pauses, retries=2).json("POST", "/x", {"a": 1}) == {"ok": 1}
    assert (pauses.seconds, [seen.json for seen in server.seen]) == ([3.0, 1.0], [{"a": 1}] * 3)


@pytest.mark.parametrize(
    ("retries", "answer", "asked"),
    [
        (0, Answer(status=429), 1),
        (9, Answer(status=429), 3),
        (2, Answer(status=500), 1),
        (2, Answer(status=429, headers={"retry-after": "60"}), 1),
    ],
)
async def test_attempts_are_bounded(
    http: HttpClient, server: ScriptedServer, pauses: Pauses, retries: int, answer: Answer, asked: int
) -> None:
    server.script(answer)

    with pytest.raises(ProviderError, match=str(answer.status)):
        await service(http, server, pauses, retries=retries).json("GET", "/x")

    assert len(server.seen) == asked


async def test_a_status_that_is_taken_is_no_reason_to_ask_again(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.script(Answer(status=503, body=b"no"))

    response = await service(http, server, pauses, retries=2).call("GET", "/x", accept=(503,))

    assert (response.status, len(server.seen)) == (503, 1)


async def test_forms_and_other_bodies_are_sent_as_they_are(http: HttpClient, server: ScriptedServer, pauses: Pauses) -> None:
    server.script(Answer(body=b"[]"), Answer(body=b"{}"))
    rest = service(http, server, pauses)

    await rest.form("/form", {"files": ("a.txt", b"hello", "text/plain"), "kinds": ["pdf", "jpg"]})
    await rest.upload("PUT", "/body", b"raw", "text/x-own", query={"ids": ["1", "2"]})

    form, body = server.seen
    assert form.headers["content-type"].startswith("multipart/form-data") and form.body.count(b'name="kinds"') == 2
    assert b'filename="a.txt"' in form.body and form.headers["x-key"] == SECRET
    assert (body.method, body.path, body.headers["content-type"], body.body) == ("PUT", "/body?ids=1&ids=2", "text/x-own", b"raw")


async def test_what_is_not_done_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST_PAUSE", 0.0)

    async def never() -> None:
        return None

    with pytest.raises(ProviderError, match=r"test: the crawl was not done within 0\.01 s"):
        await when_done(never, provider="test", what="the crawl", seconds=0.01)


@pytest.mark.parametrize("path", ["/files/..", "/sessions/../memory", "/a/./b"])
async def test_an_id_that_leads_to_another_place_is_refused(http: HttpClient, server: ScriptedServer, pauses: Pauses, path: str) -> None:
    rest = service(http, server, pauses)

    for attempt in (rest.call("DELETE", path), rest.form(path, {}), rest.upload("PUT", path, b"", "text/plain")):
        with pytest.raises(ProviderError, match="an id or a name"):
            await attempt

    assert server.seen == []


async def test_what_secret_headers_carry_shows_in_no_message(http: HttpClient, server: ScriptedServer) -> None:
    server.script(Answer(status=401, body=b"bdXNlcjpwYXNz and fig-token and text/x-own are not known"))
    headers = {"Authorization": "Basic bdXNlcjpwYXNz", "x-figma-token": "fig-token", "accept-language": "text/x-own"}
    rest = RestService(http, provider="test", base_url=server.url, headers=headers)

    with pytest.raises(ProviderError, match=r"\*\*\* and \*\*\* and text/x-own are not known"):
        await rest.call("GET", "/x")
