"""TLS against a real handshake: a small TLS end in front of the real server, with certificates made here."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.settings import RedisSettings
from flowisectl.errors import RedisUnavailable
from flowisectl.redis_connection import open_redis
from flowisectl.supervisor.embedded import EmbeddedRedis

Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def certificate(name: str, issuer: Pair | None = None) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def pem(pair: Pair) -> tuple[str, str]:
    private = pair[1].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pair[0].public_bytes(serialization.Encoding.PEM).decode(), private.decode()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def tls_port(server: EmbeddedRedis, folder: Path, pair: Pair, client_ca: str = "") -> AsyncIterator[int]:
    """A port that speaks TLS and passes on what it hears."""
    certificate_file, key_file = folder / "server.pem", folder / "server.key"
    for file, text in zip((certificate_file, key_file), pem(pair), strict=True):
        file.write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca)
    path = server.url.removeprefix("unix://").partition("?")[0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(path)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer), return_exceptions=True)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with listener:
        yield listener.sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def authority() -> Pair:
    return certificate("authority")


async def test_server_is_verified_by_the_given_authority(valkey: EmbeddedRedis, authority: Pair, tmp_path: Path) -> None:
    async with tls_port(valkey, tmp_path, certificate("redis", authority)) as port:
        settings = RedisSettings(host="127.0.0.1", port=port, tls=True, ca_pem=pem(authority)[0])

        async with open_redis(settings, name="test") as redis:
            assert await redis.ping()


@pytest.mark.parametrize("ca", ["none", "another"])
async def test_unknown_server_is_refused(valkey: EmbeddedRedis, authority: Pair, tmp_path: Path, ca: str) -> None:
    async with tls_port(valkey, tmp_path, certificate("redis", authority)) as port:
        other = pem(certificate("another"))[0] if ca == "another" else ""

        with pytest.raises(RedisUnavailable, match=r"no TLS connection to Redis at 127\.0\.0\.1:\d+.*REDIS_CA"):
            async with open_redis(RedisSettings(url=f"rediss://127.0.0.1:{port}", ca_pem=other), name="test"):
                pass


async def test_client_shows_its_certificate(valkey: EmbeddedRedis, authority: Pair, tmp_path: Path) -> None:
    ca = pem(authority)[0]
    own, key = pem(certificate("client", authority))
    async with tls_port(valkey, tmp_path, certificate("redis", authority), client_ca=ca) as port:
        address = f"rediss://127.0.0.1:{port}"

        async with open_redis(RedisSettings(url=address, ca_pem=ca, cert_pem=own, key_pem=key), name="test") as redis:
            assert await redis.ping()
        with pytest.raises(RedisUnavailable):
            async with open_redis(RedisSettings(url=address, ca_pem=ca), name="test"):
                pass
