"""Outgoing HTTP for everybody in the process: pooled connections, the deny list, limits of time and size."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from flowisectl.clients.deny_list import DENIED, AddressPolicy
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, HttpResponse, Reach

MAX_REDIRECTS = 5
CONNECT_SECONDS = 15.0
_LAST_CHUNK_SECONDS = 0.05
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_SECRET_HEADERS = frozenset(("authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key"))
_FAILURES = (aiohttp.ClientError, OSError, asyncio.TimeoutError)
"""What aiohttp raises for a call that did not work."""


class HttpUnusable(HttpFailed):
    """The call can never work as it is: the address, a header or the size of the answer; another attempt is no use."""


@asynccontextmanager
async def open_http(
    *, security_check: bool = True, deny_list: Sequence[str] = (), resolver: AbstractResolver | None = None
) -> AsyncIterator[HttpClient]:
    """The process's client. Raises InvalidSetting for a deny list that cannot be read. `resolver` finds the addresses of names,
    by default the system's.

    Each reach has its own pool of connections: one that was opened to a private model server must not serve a request
    whose address a stranger chose. A pooled connection stays at the address that was checked when it was opened, so a name
    that later resolves elsewhere (DNS rebinding) changes nothing.
    """
    policy = AddressPolicy(security_check=security_check, deny_list=deny_list)
    sessions = {reach: _open_session(policy, reach, resolver) for reach in Reach}
    try:
        yield _SharedClient(policy, sessions)
    finally:
        for session in sessions.values():
            await session.close()


def _open_session(policy: AddressPolicy, reach: Reach, resolver: AbstractResolver | None) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0,  # aiohttp's own 100 would queue model calls
        resolver=_CheckedResolver(policy, reach, resolver or aiohttp.ThreadedResolver()),
        ttl_dns_cache=30,
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


class _CheckedResolver(AbstractResolver):
    """Resolves a name and refuses it when any of its addresses is denied; the connection then uses these very addresses."""

    def __init__(self, policy: AddressPolicy, reach: Reach, names: AbstractResolver) -> None:
        self._policy = policy
        self._reach = reach
        self._names = names

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        for result in found:
            if not self._policy.allows(result["host"], self._reach):
                raise HttpDenied(DENIED)
        return found

    async def close(self) -> None:
        await self._names.close()


class _SharedClient:
    """The implementation of `interfaces.http.HttpClient`."""

    def __init__(self, policy: AddressPolicy, sessions: Mapping[Reach, aiohttp.ClientSession]) -> None:
        self._policy = policy
        self._sessions = sessions

    async def request(self, call: HttpCall) -> HttpResponse:
        try:
            async with asyncio.timeout(call.timeout_seconds):
                async with _Exchange(self, call) as answer:
                    body = await answer.read()
                    return HttpResponse(status=answer.status, reason=answer.reason, headers=answer.headers, body=body)
        except TimeoutError as error:
            raise HttpFailed(f"no complete answer from {_place(call.url)} within {call.timeout_seconds:g} s") from error

    def stream(self, call: HttpCall) -> _Exchange:
        return _Exchange(self, call)

    async def send(self, call: HttpCall) -> aiohttp.ClientResponse:
        """The answer's head, redirects followed and each address checked. Raises HttpDenied, HttpFailed."""
        method, url, reach, headers, with_body = call.method.upper(), call.url, call.reach, call.headers, True
        for _ in range(MAX_REDIRECTS + 1):
            target = _parse_url(url)
            host = self._policy.host(target.raw_host or "", reach)
            if host != target.raw_host:
                target = target.with_host(host)
            response = await self._send_once(method, target, headers, call, with_body, reach)
            location = response.headers.get("Location") if response.status in _REDIRECTS else None
            if location is None or not call.follow_redirects:
                return response
            response.release()
            try:
                following = target.join(URL(location))
            except ValueError as error:
                raise HttpFailed(f"{_place(url)} redirects to an address that cannot be read") from error
            if response.status == 303 or (response.status in (301, 302) and method == "POST"):
                method, with_body = ("HEAD" if method == "HEAD" else "GET"), False
                headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
            if following.raw_host != target.raw_host:
                # Another host was not chosen by the flow's author, and is not told the author's keys.
                reach = Reach.PUBLIC
                headers = {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}
            url = str(following)
        raise HttpUnusable(f"{_place(call.url)} redirects more than {MAX_REDIRECTS} times")

    async def _send_once(
        self, method: str, url: URL, headers: Mapping[str, str], call: HttpCall, with_body: bool, reach: Reach
    ) -> aiohttp.ClientResponse:
        data: Any = None
        if with_body:
            data = call.body if call.form is None else _form(call.form)
        try:
            return await self._sessions[reach].request(
                method,
                url,
                headers=headers,
                data=data,
                allow_redirects=False,
                timeout=_timeout(call.timeout_seconds),
                skip_auto_headers=_NO_CONTENT_TYPE if call.form is None else None,
            )
        except (aiohttp.InvalidURL, ValueError) as error:
            raise HttpUnusable(f"the call of {_place(str(url))} cannot be sent: check its address and headers") from error
        except _FAILURES as error:
            raise HttpFailed(_reason(url, error, call.timeout_seconds)) from error


_NO_CONTENT_TYPE = ("Content-Type",)


class _Exchange:
    """One call: the context manager that `stream` gives, and the `HttpStream` inside it."""

    status = 0
    reason = ""
    headers: Mapping[str, str] = {}

    def __init__(self, client: _SharedClient, call: HttpCall) -> None:
        self._client = client
        self._call = call
        self._received = 0
        self._response: aiohttp.ClientResponse | None = None

    async def __aenter__(self) -> _Exchange:
        self._response = response = await self._client.send(self._call)
        self.status = response.status
        self.reason = response.reason or ""
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # A connection whose answer was read to the end goes back to the pool, any other is closed.
        response = self._response
        if response is None:
            return
        if kind in (None, GeneratorExit) and not response.content.at_eof():
            # A reader that knows from the content that it has all leaves before the end of the last chunk arrives.
            with suppress(*_FAILURES):
                async with asyncio.timeout(_LAST_CHUNK_SECONDS):
                    await response.content.readany()
        if response.content.at_eof():
            response.release()
        else:
            response.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert self._response is not None
        content, limit = self._response.content, self._call.max_bytes
        while True:
            try:
                piece = await content.readany()
            except _FAILURES as error:
                raise HttpFailed(_reason(self._response.url, error, self._call.timeout_seconds)) from error
            if not piece:
                return
            self._received += len(piece)
            if self._received > limit:
                self._response.close()
                raise HttpUnusable(f"the answer of {_place(self._call.url)} is larger than {limit} bytes")
            yield piece

    async def read(self) -> bytes:
        return b"".join([piece async for piece in self])


@lru_cache(maxsize=4096)
def _parse_url(url: str) -> URL:
    if len(url) > 65_536 or any(char in url for char in "\\\r\n\t\0"):
        raise HttpUnusable("the address is too long or has characters that an address cannot have")
    try:
        parsed = URL(url.strip())
        parsed.port  # noqa: B018 - reading it checks it
    except ValueError as error:
        raise HttpUnusable(f"the address cannot be read: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.raw_host:
        raise HttpUnusable("the address must begin with http:// or https:// and name a host")
    return parsed


@lru_cache(maxsize=256)
def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=min(seconds, CONNECT_SECONDS), sock_read=seconds)


def _form(fields: Mapping[str, Any]) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        if isinstance(value, tuple):
            filename, content, media_type = value
            form.add_field(name, content, filename=filename, content_type=media_type or "application/octet-stream")
        else:
            form.add_field(name, value if isinstance(value, str) else str(value))
    return form


def _place(url: str) -> str:
    """The scheme, host and port of an address: paths and queries may carry keys."""
    try:
        return str(URL(url).origin())
    except ValueError:
        return "the address"


def _reason(url: URL, error: BaseException, seconds: float) -> str:
    place = _place(str(url))
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the host of {place} cannot be found"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return f"cannot connect to {place} ({os.strerror(number) if number else error.os_error})"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"cannot connect to {place} in time"
    if isinstance(error, asyncio.TimeoutError):
        return f"no answer from {place} for {seconds:g} s"
    if isinstance(error, (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError)):
        return f"the connection to {place} was cut"
    return f"the call of {place} failed ({type(error).__name__})"
