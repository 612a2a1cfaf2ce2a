"""Connections to model servers: when they are kept, and what ends them. The server here is written byte by byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flowisectl.clients.http import open_http
from flowisectl.clients.http_hop import HttpUnusable
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpFailed, Reach


class RawServer:
    """Answers each request with the next of its texts; None closes the connection."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
                self.requests.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
                if b"connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


@pytest.fixture
async def raw() -> AsyncIterator[RawServer]:
    server = RawServer()
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield server
    listener.close()


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with open_http() as http:
        yield http


def post(raw: RawServer, **fields: object) -> HttpCall:
    return HttpCall(**{"method": "POST", "url": raw.url + "/v1", "body": b"{}", "reach": Reach.ENDPOINT, **fields})  # type: ignore[arg-type]


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


async def test_an_answer_read_to_its_end_leaves_its_connection_to_the_next_call(raw: RawServer, client: HttpClient) -> None:
    raw.answers = [OK, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", OK]

    bodies = [(await client.request(post(raw))).body for _ in range(3)]

    assert bodies == [b"ok"] * 3 and raw.connections == 1


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok", OK + b"HTTP/1.1 200 OK"])
async def test_a_connection_that_cannot_be_trusted_is_not_used_again(raw: RawServer, client: HttpClient, first: bytes) -> None:
    raw.answers = [first, OK]

    bodies = [(await client.request(post(raw))).body for _ in range(2)]

    assert bodies == [b"ok"] * 2 and raw.connections == 2


async def test_a_kept_connection_that_the_server_closes_under_the_next_call_costs_nothing(raw: RawServer, client: HttpClient) -> None:
    raw.answers = [OK, None, OK]

    bodies = [(await client.request(post(raw))).body for _ in range(2)]

    assert bodies == [b"ok"] * 2 and raw.connections == 2 and len(raw.requests) == 3


async def test_a_new_connection_that_is_closed_is_not_tried_again(raw: RawServer, client: HttpClient) -> None:
    raw.answers = [None, OK]

    with pytest.raises(HttpFailed, match="was cut"):
        await client.request(post(raw))

    assert len(raw.requests) == 1


async def test_an_answer_that_is_left_in_the_middle_closes_its_connection(raw: RawServer, client: HttpClient) -> None:
    raw.answers = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n", OK]

    async with client.stream(post(raw)) as answer:
        async for piece in answer:
            assert piece == b"ok"
            break

    assert (await client.request(post(raw))).body == b"ok" and raw.connections == 2


async def test_interim_answers_are_passed_over(raw: RawServer, client: HttpClient) -> None:
    raw.answers = [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK]

    assert (await client.request(post(raw))).body == b"ok"


async def test_a_body_without_length_ends_with_the_connection(raw: RawServer, client: HttpClient) -> None:
    raw.answers = [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall of it"]

    assert (await client.request(post(raw))).body == b"all of it"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "was cut"),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 20\r\n\r\nhalf", "was cut"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "what is no HTTP"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "what is no HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 70_000, "what is no HTTP"),
    ],
)
async def test_broken_answers_are_told(raw: RawServer, client: HttpClient, answer: bytes | None, told: str) -> None:
    raw.answers = [answer]

    with pytest.raises(HttpFailed, match=told) as failure:
        await asyncio.wait_for(client.request(post(raw)), 20)

    assert raw.url in str(failure.value) and "/v1" not in str(failure.value)


async def test_silence_ends_a_stream(raw: RawServer, client: HttpClient) -> None:
    raw.answers = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n"]

    with pytest.raises(HttpFailed, match=r"no answer from .* for 0\.2 s"):
        async with client.stream(post(raw, timeout_seconds=0.2)) as answer:
            assert [piece async for piece in answer] == [b"ok"]


async def test_an_answer_that_is_too_large_is_refused(raw: RawServer, client: HttpClient) -> None:
    raw.answers = [b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + b"x" * 1000]

    with pytest.raises(HttpUnusable, match="larger than 999 bytes"):
        await client.request(post(raw, max_bytes=999))


@pytest.mark.parametrize("headers", [{"x": "a\r\nevil: 1"}, {"x\n": "a"}, {"x": "a\0b"}, {"x": "\ud800"}])
async def test_headers_that_would_break_the_request_are_refused(raw: RawServer, client: HttpClient, headers: dict[str, str]) -> None:
    with pytest.raises(HttpUnusable, match="check its address and headers"):
        await client.request(post(raw, headers=headers))

    assert raw.requests == []


async def test_a_slow_reader_gets_everything(raw: RawServer, client: HttpClient) -> None:
    body = bytes(range(256)) * 40_000
    raw.answers = [b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body]

    pieces = []
    async with client.stream(post(raw)) as answer:
        async for piece in answer:
            pieces.append(piece)
            await asyncio.sleep(0.005)

    assert b"".join(pieces) == body and len(pieces) > 1


async def test_a_user_in_the_address_is_sent_as_basic_authorization(raw: RawServer, client: HttpClient) -> None:
    raw.answers = [OK]

    await client.request(post(raw, url=raw.url.replace("://", "://me:pass@") + "/v1"))

    assert b"\r\nauthorization: Basic bWU6cGFzcw==\r\n" in raw.requests[0]


@pytest.fixture
async def secure(raw: RawServer, tmp_path: Path) -> AsyncIterator[Path]:
    """Serves `raw` over TLS; gives the certificate that a client has to trust for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "models")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key(), serial_number=1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = tmp_path / "key.pem"
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    listener = await asyncio.start_server(raw.handle, "127.0.0.1", 0, ssl=context)
    raw.url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield trusted
    listener.close()


async def test_a_server_with_a_trusted_certificate_is_asked_over_tls(raw: RawServer, secure: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw.answers = [OK, OK]
    monkeypatch.setenv("SSL_CERT_FILE", str(secure))

    async with open_http() as client:
        bodies = [(await client.request(post(raw))).body for _ in range(2)]

    assert bodies == [b"ok"] * 2 and raw.connections == 1


async def test_a_server_that_nobody_vouches_for_is_refused(raw: RawServer, secure: Path, client: HttpClient) -> None:
    with pytest.raises(HttpFailed, match=r"no secure connection .*certificate"):
        await client.request(post(raw))

    assert raw.requests == []


async def test_a_call_may_bring_the_certificate_that_vouches_for_the_server(raw: RawServer, secure: Path, client: HttpClient) -> None:
    raw.answers = [OK]

    answer = await client.request(replace(post(raw), trusted=await asyncio.to_thread(secure.read_bytes)))

    assert answer.body == b"ok"


async def test_certificates_that_cannot_be_read_are_told(raw: RawServer, secure: Path, client: HttpClient) -> None:
    with pytest.raises(HttpFailed, match="certificates to trust cannot be read"):
        await client.request(replace(post(raw), trusted=b"no certificate"))

    assert raw.requests == []
