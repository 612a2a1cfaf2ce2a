"""What DEBUG writes of a request: enough to understand it, nothing that must stay secret."""

from __future__ import annotations

import logging

import pytest

from flowisectl.web.requests.log import HIDDEN, LARGEST_BODY, RequestLog, Sanitiser


def test_keys_cookies_and_named_headers_are_hidden() -> None:
    sanitiser = Sanitiser(header_fields=("X-Tenant",))

    told = sanitiser.headers([(b"Authorization", b"Bearer abc"), (b"cookie", b"a=b"), (b"x-tenant", b"t"), (b"accept", b"*/*")])

    assert told == {"authorization": HIDDEN, "cookie": HIDDEN, "x-tenant": HIDDEN, "accept": "*/*"}


def test_passwords_and_named_members_are_hidden_however_deep() -> None:
    sanitiser = Sanitiser(body_fields=("question",))

    told = sanitiser.body(b'{"Question":"q","user":{"password":"p","name":"Ada"},"list":[{"apiKey":"k"}],"text":"token=abcdefgh"}')

    assert told == {"Question": HIDDEN, "user": {"password": HIDDEN, "name": "Ada"}, "list": [{"apiKey": HIDDEN}], "text": "token=********"}


def test_mail_addresses_are_masked() -> None:
    assert Sanitiser().body(b'{"text":"write to ada@example.com"}') == {"text": f"write to {HIDDEN}"}


@pytest.mark.parametrize(
    ("body", "told"), [(b"", None), (b"no json", "(7 bytes that are no JSON)"), (b"x" * (LARGEST_BODY + 1), "(16,385 bytes)")]
)
def test_what_is_no_small_json_is_told_by_its_size(body: bytes, told: str | None) -> None:
    assert Sanitiser().body(body) == told


async def test_a_request_is_one_line_and_passes_unchanged(caplog: pytest.LogCaptureFixture) -> None:
    async def inner(scope, receive, send) -> None:
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": body})

    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b'{"password":"hunter2"}'}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    with caplog.at_level(logging.DEBUG):
        await RequestLog(inner, Sanitiser())({"type": "http", "method": "POST", "path": "/x", "headers": []}, receive, send)

    [record] = caplog.records
    assert record.getMessage().startswith("POST /x 201 in ")
    assert "hunter2" not in record.getMessage()
    assert sent[1]["body"] == b'{"password":"hunter2"}'
