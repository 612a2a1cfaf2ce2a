"""What somebody would try on the open port of a running server: broken HTTP, broken JSON, ways around the gate.

One program for all tests; each ends with the server still answering.
"""

from __future__ import annotations

import json
import re
import socket
import time

import pytest
from attack_target import SECONDS, Target, read_answer

BODIES = [
    (b'{"question":' + b"[" * 100_000 + b"]" * 100_000 + b"}", (200, 400)),
    (b'{"question":"x","overrideConfig":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, (200, 400)),
    (b'{"question":"' + b"x" * 3_000_000 + b'"}', (413,)),
    (b'{"question":NaN}', (400,)),
    (b'{"question":Infinity}', (400,)),
    (b'{"question":-Infinity}', (400,)),
    (b'{"question":"\xff\xfe"}', (400,)),
    (b'{"question":"\xed\xa0\x80"}', (400,)),
    (b'{"question":1e999}', (200, 400)),
    (b'{"question":"x"', (400,)),
    (b'{"question":"x"}{}', (400,)),
    (b'"text"', (400,)),
    (b'\xef\xbb\xbf{"question":"x"}', (200, 400)),
    (b'{"__proto__":{"admin":true},"question":"x","constructor":{"prototype":{}}}', (200,)),
]


@pytest.mark.parametrize(("body", "statuses"), BODIES, ids=[f"{body[:24]!r} {len(body)}" for body, _ in BODIES])
def test_json_that_nobody_should_send_is_refused_or_taken_and_breaks_nothing(
    target: Target, body: bytes, statuses: tuple[int, ...]
) -> None:
    status, answer = target.predict(body)

    assert status in statuses, answer
    assert "Traceback" not in json.dumps(answer) and target.is_alive()


def test_of_two_equal_keys_the_last_counts(target: Target) -> None:
    assert target.predict(b'{"question":"first","question":"second"}')[1]["text"] == "hello second"


def test_half_a_surrogate_pair_becomes_a_mark(target: Target) -> None:
    status, answer = target.predict(b'{"question":"a\\ud800b"}')

    assert status == 200 and answer["text"] == "hello a\ufffdb"


# ---- HTTP


OVER = "POST /api/v1/prediction/{flow} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}\r\n"


def head(target: Target, *headers: str) -> bytes:
    return OVER.format(flow=target.echo, headers="".join(f"{line}\r\n" for line in headers)).encode("latin-1")


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Content-Length: 16"),
        ("Content-Length: -1",),
        ("Content-Length: 0x10",),
        ("Content-Length: 1e1",),
        ("Content-Length: 99999999999999999999999999",),
        ("Transfer-Encoding: gzip, chunked, identity",),
        ("Transfer-Encoding: xchunked",),
        ("Bad Header: x",),
        ("X-Nul: a\x00b",),
        ("X" * 200_000 + ": 1",),
        tuple(f"X-{number}: {number}" for number in range(5000)),
    ],
    ids=["two lengths", "negative", "hexadecimal", "exponent", "huge length", "three encodings", "unknown encoding", "blank in a name",
         "NUL", "long name", "five thousand headers"],
)  # fmt: skip
def test_a_broken_head_is_refused_and_the_connection_ends(target: Target, headers: tuple[str, ...]) -> None:
    answer = target.raw(head(target, "Connection: close", *headers) + b'{"question":"x"}')

    assert not answer or re.match(rb"HTTP/1\.1 (400|405|413|431|501) ", answer), answer[:200]
    assert b"hello" not in answer and target.is_alive()


def test_a_length_beside_chunks_smuggles_no_second_request(target: Target) -> None:
    body = b'{"question":"x"}'
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    smuggled = b"GET /api/v1/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    answer = target.raw(head(target, f"Content-Length: {len(chunked) + len(smuggled)}", "Transfer-Encoding: chunked", "Connection: close")
                        + chunked + smuggled)  # fmt: skip

    assert answer.count(b"HTTP/1.1 ") == 1 and b"version" not in answer.partition(b"\r\n\r\n")[2]
    assert target.is_alive()


def test_requests_in_one_packet_are_answered_in_their_order(target: Target) -> None:
    bodies = [json.dumps({"question": f"number {number}"}).encode() for number in range(5)]
    requests = [head(target, f"Content-Length: {len(body)}") + body for body in bodies[:-1]]
    requests.append(head(target, f"Content-Length: {len(bodies[-1])}", "Connection: close") + bodies[-1])

    answer = target.raw(b"".join(requests))

    assert re.findall(rb"hello number (\d)", answer) == [b"0", b"1", b"2", b"3", b"4"]


def test_chunks_that_never_end_hold_nobody_else(target: Target) -> None:
    with socket.create_connection(("127.0.0.1", target.program.port), timeout=SECONDS) as endless:
        endless.sendall(head(target, "Transfer-Encoding: chunked"))
        for _ in range(20):
            endless.sendall(b"1\r\n \r\n")

        assert target.is_alive()


def test_chunks_beyond_the_limit_are_cut_off(target: Target) -> None:
    chunk = b"%x\r\n%b\r\n" % (100_000, b"x" * 100_000)
    with socket.create_connection(("127.0.0.1", target.program.port), timeout=SECONDS) as long:
        long.sendall(head(target, "Transfer-Encoding: chunked"))
        for _ in range(30):
            long.sendall(chunk)
        long.sendall(b"0\r\n\r\n")
        answer = read_answer(long, until_closed=False)

    assert answer.startswith(b"HTTP/1.1 413 ") and target.is_alive()


def test_two_hundred_half_open_requests_hold_nobody_else(target: Target) -> None:
    slow = [socket.create_connection(("127.0.0.1", target.program.port), timeout=SECONDS) for _ in range(200)]
    try:
        for connection in slow:
            connection.sendall(b"POST /api/v1/prediction/x HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        began = time.monotonic()
        assert target.is_alive() and time.monotonic() - began < SECONDS
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("name", ["X_HTTP_Method_Override", "X_HTTP_Method", "X_Method_Override"])
def test_a_method_is_what_its_line_says(target: Target, name: str) -> None:
    headers = {"Content_Type": "application/json", name: "DELETE"}
    status, _, _ = target.call("POST", f"/api/v1/prediction/{target.echo}", '{"question":"x"}', **headers)

    assert status == 200 and target.call("POST", "/api/v1/ping?_method=GET", **{name: "GET"})[0] == 405


@pytest.mark.parametrize("path", ["/api/v1/prediction/{flow}", "/api/v1/ping", "/nowhere"])
def test_no_route_is_a_websocket(target: Target, path: str) -> None:
    answer = target.raw(
        f"GET {path.format(flow=target.echo)} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode(),
        until_closed=False,
    )

    assert re.match(rb"HTTP/1\.1 (400|403|404|426) ", answer), answer[:200]
    assert target.is_alive()


@pytest.mark.parametrize("value", ["a%0d%0aSet-Cookie:%20x=y", "a%00b", "%c3%28", "%ff", "%zz", "..%2f..%2fetc%2fpasswd"])
def test_nothing_of_an_address_gets_into_the_headers(target: Target, value: str) -> None:
    for path in (f"/api/v1/get-upload-file?chatflowId={target.echo}&chatId=c&fileName={value}", f"/api/v1/node-icon/{value}", f"/{value}"):
        status, headers, body = target.call("GET", path)
        assert status in (200, 400, 404, 500) and "set-cookie" not in headers and b"Traceback" not in body and b"root:" not in body
    assert target.is_alive()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/apikey",
        "/api/v1//apikey",
        "//api/v1/apikey",
        "/API/V1/apikey",
        "/api/v1/%61pikey",
        "/api%2fv1/apikey",
        "/api/v1/ip/../apikey",
        "/api/v1/prediction/../apikey",
        "/api/v1/prediction/%2e%2e/apikey",
        "/api/v1/apikey/",
        "/api/v1/apikey;x=/api/v1/ping",
        "/api/v1/apikey?x=/api/v1/ping",
        "/x/api/v1/apikey",
    ],
)
def test_no_spelling_of_a_path_goes_around_the_gate(target: Target, path: str) -> None:
    answer = target.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

    assert re.match(rb"HTTP/1\.1 (401|404|308|400) ", answer), answer[:200]
    assert b"apiSecret" not in answer
