"""Which bytes are a request of the plainest kind. What h11 makes of the same bytes is the judge."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowisectl.web.connections.short_way import ShortRequest, read_request

FLOW = "0d1b5a8e-3c1f-4a52-9d0e-6a1c1f3b2a10"
BODY = b'{"question":"hi"}'


def request(*lines: bytes, start: bytes = b"POST /api/v1/prediction/" + FLOW.encode() + b" HTTP/1.1", body: bytes = BODY) -> bytes:
    return b"\r\n".join([start, *lines, b"", body])


LENGTH = b"content-length: %d" % len(BODY)
PLAIN = request(b"Host: x", b"Content-Type: application/json", LENGTH)


def by_h11(data: bytes) -> ShortRequest | None:
    """The one whole request that h11 reads out of the bytes; None when it reads something else."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    body = b""
    try:
        head = connection.next_event()
        if not isinstance(head, h11.Request) or head.method != b"POST":
            return None
        while isinstance(event := connection.next_event(), h11.Data):
            body += bytes(event.data)
    except h11.RemoteProtocolError:
        return None
    if not isinstance(event, h11.EndOfMessage) or connection.trailing_data[0]:
        return None
    return ShortRequest(bytes(head.target), [(bytes(name), bytes(value)) for name, value in head.headers], body)


def members(found: ShortRequest | None) -> tuple[bytes, list[tuple[bytes, bytes]], bytes] | None:
    return None if found is None else (found.path, found.headers, found.body)


@pytest.mark.parametrize(
    ("lines", "is_last"),
    [
        ([], False),
        ([b"Connection: keep-alive"], False),
        ([b"connection: Close"], True),
        ([b"Connection: keep-alive", b"Connection: close"], True),
    ],
)
def test_the_client_says_whether_the_connection_is_kept(lines: list[bytes], is_last: bool) -> None:
    found = read_request(request(b"host: x", LENGTH, *lines))

    assert found is not None
    assert found.is_last == is_last


def test_a_plain_request_is_read_whole() -> None:
    found = read_request(PLAIN)

    assert members(found) == (
        b"/api/v1/prediction/" + FLOW.encode(),
        [(b"host", b"x"), (b"content-type", b"application/json"), (b"content-length", b"17")],
        BODY,
    )


@pytest.mark.parametrize(
    "data",
    [
        PLAIN[:-1],
        PLAIN + b"x",
        PLAIN + PLAIN,
        PLAIN[:40],
        b"",
        request(LENGTH),
        request(b"host: x"),
        request(b"host: x", b"host: y", LENGTH),
        request(b"host: x", LENGTH, LENGTH),
        request(b"host: x", b"content-length: 0", LENGTH),
        request(b"host: x", b"content-length: +17"),
        request(b"host: x", b"content-length: 1_7"),
        request(b"host: x", b"content-length: 17, 17"),
        request(b"host: x", b"content-length : 17"),
        request(b"host: x", LENGTH, b"transfer-encoding: chunked"),
        request(b"host: x", LENGTH, b"Transfer-Encoding: identity"),
        request(b"host: x", LENGTH, b"expect: 100-continue"),
        request(b"host: x", LENGTH, b"upgrade: h2c", b"connection: upgrade"),
        request(b"host: x", LENGTH, b"connection: close, upgrade"),
        request(b"host: x", LENGTH, b"connection: keep-alive, x-a"),
        request(b"host: x", LENGTH, b"x-a: a\tb"),
        request(b"host: x", LENGTH, b"x-a: \xe4"),
        request(b"host: x", LENGTH, b"x-a: a\x00b"),
        request(b"host: x", LENGTH, b" folded"),
        request(b"host: x", LENGTH, b"no colon"),
        request(b"host: x", LENGTH, b": no name"),
        request(b"host: x", LENGTH, b"x-a: a\nx-b: b"),
        request(b"host: x", LENGTH, b"x-a: a\rx-b: b"),
        request(b"host: x", LENGTH, *[b"x-%d: 1" % number for number in range(100)]),
        request(b"host: x", LENGTH, b"x-a: " + b"a" * 20_000),
        request(b"host: x", LENGTH, start=b"GET /api/v1/prediction/a HTTP/1.1"),
        request(b"host: x", LENGTH, start=b"POST /api/v1/prediction/a?b=c HTTP/1.1"),
        request(b"host: x", LENGTH, start=b"POST /api/v1/prediction/%61 HTTP/1.1"),
        request(b"host: x", LENGTH, start=b"POST /api/v1/prediction/a/b HTTP/1.1"),
        request(b"host: x", LENGTH, start=b"POST /api/v1/prediction/ HTTP/1.1"),
        request(b"host: x", LENGTH, start=b"POST /api/v1/predictions/a HTTP/1.1"),
        request(b"host: x", LENGTH, start=b"POST /api/v1/prediction/a HTTP/1.0"),
        request(b"host: x", LENGTH, start=b"POST  /api/v1/prediction/a HTTP/1.1"),
        PLAIN.replace(b"\r\n", b"\n"),
    ],
)
def test_everything_else_goes_the_long_way(data: bytes) -> None:
    assert read_request(data) is None


LINES = st.sampled_from(
    [
        *(b"Host: x", b"host:y", LENGTH, b"Content-Length:17 ", b"content-length: 5", b"Transfer-Encoding: chunked", b"expect: x"),
        *(b"Connection: Keep-Alive", b"connection: close", b"x_y: 1", b"x:", b"x: \t ", b"X-Y: \ta b\t", b"a b: c", b"Accept: */*"),
    ]
)
BODIES = st.sampled_from([BODY, b"", b"12345", BODY + b"\r\n"])
MESSAGES = st.builds(lambda lines, body: request(*lines, body=body), st.lists(LINES, max_size=6), BODIES)


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A message with some bytes put in, taken out or changed."""
    data = bytearray(draw(st.one_of(MESSAGES, st.just(PLAIN))))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data)))
        piece = draw(st.sampled_from([b"", b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b"\x00", b"\x80", b"a", b"0", b"\r\n\r\n"]))
        data[place : place + draw(st.integers(0, 2))] = piece
    return bytes(data)


@given(spoiled())
def test_what_is_read_here_h11_reads_the_same_way(data: bytes) -> None:
    found = read_request(data)

    if found is not None:
        assert members(found) == members(by_h11(data))
