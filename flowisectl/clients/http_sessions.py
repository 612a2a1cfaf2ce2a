"""The general client: aiohttp's sessions behind the deny list, for the calls of tools and user code."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.payload import get_payload

from flowisectl.clients.deny_list import AddressPolicy
from flowisectl.clients.http_hop import Hop, HttpUnusable, too_large
from flowisectl.clients.names import REMEMBERED_SECONDS, CheckedNames, Names, SystemNames
from flowisectl.interfaces.http import HttpFailed, Reach, Wanted

CONNECT_SECONDS = 15.0
_LAST_CHUNK_SECONDS = 0.05
_FAILURES = (aiohttp.ClientError, OSError, asyncio.TimeoutError)
"""What aiohttp raises for a call that did not work."""
_NO_CONTENT_TYPE = ("Content-Type",)


class Sessions:
    """One session, and so one pool of connections, for each reach."""

    def __init__(self, policy: AddressPolicy, names: Names | None = None) -> None:
        self._sessions = {reach: _open_session(CheckedNames(policy, reach, names or SystemNames())) for reach in Reach}

    async def send(self, hop: Hop) -> SessionAnswer:
        """Raises HttpDenied, HttpFailed."""
        try:
            response = await self._sessions[hop.reach].request(
                hop.method,
                hop.target,
                headers=hop.headers,
                data=hop.body if hop.form is None else _form(hop.form),
                allow_redirects=False,
                timeout=_timeout(hop.timeout_seconds),
                skip_auto_headers=_NO_CONTENT_TYPE if hop.form is None else None,
                ssl=_trusting(hop.trusted) if hop.trusted else True,
            )
        except (aiohttp.InvalidURL, ValueError) as error:
            raise HttpUnusable(f"the call of {hop.place} cannot be sent: check its address and headers") from error
        except _FAILURES as error:
            raise HttpFailed(_reason(hop, error)) from error
        return SessionAnswer(hop, response)

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.close()


class SessionAnswer:
    """`clients.http_hop.Answer` over aiohttp's."""

    def __init__(self, hop: Hop, response: aiohttp.ClientResponse) -> None:
        self._hop = hop
        self._response = response
        self.status = response.status
        self.reason = response.reason or ""
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}

    async def read_piece(self) -> bytes:
        try:
            return await self._response.content.readany()
        except _FAILURES as error:
            raise HttpFailed(_reason(self._hop, error)) from error

    async def pour(self, take: Callable[[bytes], Wanted], max_bytes: int) -> None:
        received = 0
        while piece := await self.read_piece():
            received += len(piece)
            if received > max_bytes:
                raise too_large(self._hop.place, max_bytes)
            if take(piece) is Wanted.NOTHING:
                return

    async def release(self, *, is_complete: bool) -> None:
        content = self._response.content
        if is_complete and not content.at_eof():
            with suppress(*_FAILURES):
                async with asyncio.timeout(_LAST_CHUNK_SECONDS):
                    await content.readany()
        if content.at_eof():
            self._response.release()
        else:
            self._response.close()


def _open_session(names: CheckedNames) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0,  # aiohttp's own 100 would queue calls
        resolver=_Resolver(names),
        ttl_dns_cache=int(REMEMBERED_SECONDS),
        keepalive_timeout=30.0,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "flowisectl"},
        trust_env=False,  # a proxy would connect to addresses that nobody checked
        timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS),
        max_line_size=32_768,
        max_field_size=32_768,
    )


class _Resolver(AbstractResolver):
    """Gives aiohttp the checked addresses of a name; the connection then uses these very addresses."""

    def __init__(self, names: CheckedNames) -> None:
        self._names = names

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in await self._names.addresses(host, port)
        ]

    async def close(self) -> None:
        return None


@lru_cache(maxsize=32)
def _trusting(certificates: bytes) -> ssl.SSLContext:
    """Trusts the machine's authorities and these. Raises HttpUnusable."""
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cadata=certificates.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise HttpUnusable("the certificates to trust cannot be read: give them as PEM") from error
    return context


@lru_cache(maxsize=256)
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=min(seconds, CONNECT_SECONDS), sock_read=seconds)


def _form(fields: Mapping[str, Any]) -> aiohttp.MultipartWriter:
    """A multipart form. Texts come without a media type: some services take every part that has one for a file."""
    form = aiohttp.MultipartWriter("form-data")
    for name, value in ((name, item) for name, given in fields.items() for item in (given if isinstance(given, list) else [given])):
        if isinstance(value, tuple):
            filename, content, media_type = value
            part = get_payload(content, content_type=media_type or "application/octet-stream")
            part.set_content_disposition("form-data", name=name, filename=filename)
        else:
            part = get_payload(value if isinstance(value, str) else str(value))
            part.set_content_disposition("form-data", name=name)
            part.headers.popall("Content-Type", None)
        part.headers.popall("Content-Length", None)
        form.append_payload(part)
    return form


def _reason(hop: Hop, error: BaseException) -> str:
    place = hop.place
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the host of {place} cannot be found"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"no secure connection to {place} ({getattr(error.certificate_error, 'verify_message', '') or error.certificate_error})"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return f"cannot connect to {place} ({os.strerror(number) if number else error.os_error})"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"cannot connect to {place} in time"
    if isinstance(error, asyncio.TimeoutError):
        return f"no answer from {place} for {hop.timeout_seconds:g} s"
    if isinstance(error, (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError)):
        return f"the connection to {place} was cut"
    return f"the call of {place} failed ({type(error).__name__})"
