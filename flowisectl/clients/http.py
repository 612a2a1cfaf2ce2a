"""Outgoing HTTP for everybody in the process: the deny list, redirects, limits of time and size.

Calls of services that the flow's author configured go through `Http1Pool`, all others through aiohttp.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from yarl import URL

from flowisectl.clients.deny_list import AddressPolicy
from flowisectl.clients.http1 import Http1Pool
from flowisectl.clients.http_hop import Answer, Hop, HttpUnusable, exact_url, parse_url, place_of, too_large
from flowisectl.clients.names import Names
from flowisectl.clients.secret_headers import is_secret
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpFailed, HttpResponse, Reach, Wanted

if TYPE_CHECKING:
    from flowisectl.clients.http_sessions import Sessions

MAX_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


@asynccontextmanager
async def open_http(*, security_check: bool = True, deny_list: Sequence[str] = (), names: Names | None = None) -> AsyncIterator[HttpClient]:
    """The process's client. Raises InvalidSetting for a deny list that cannot be read. `names` finds the addresses of names,
    by default the system's resolver.

    Each reach has its own pool of connections: one that was opened to a private model server must not serve a request
    whose address a stranger chose. A pooled connection stays at the address that was checked when it was opened, so a name
    that later resolves elsewhere (DNS rebinding) changes nothing.
    """
    client = _SharedClient(AddressPolicy(security_check=security_check, deny_list=deny_list), names)
    try:
        yield client
    finally:
        await client.aclose()


class _SharedClient:
    """The implementation of `interfaces.http.HttpClient`."""

    def __init__(self, policy: AddressPolicy, names: Names | None) -> None:
        self._policy = policy
        self._names = names
        self._endpoints = Http1Pool(policy, names)
        self._sessions: Sessions | None = None

    async def request(self, call: HttpCall) -> HttpResponse:
        try:
            async with asyncio.timeout(call.timeout_seconds):
                async with _Exchange(self, call) as answer:
                    body = await answer.read()
                    return HttpResponse(status=answer.status, reason=answer.reason, headers=answer.headers, body=body)
        except TimeoutError as error:
            place = place_of(parse_url(call.url))
            raise HttpFailed(f"no complete answer from {place} within {call.timeout_seconds:g} s") from error

    def stream(self, call: HttpCall) -> _Exchange:
        return _Exchange(self, call)

    async def send(self, call: HttpCall) -> Answer:
        """The answer's head, redirects followed and each address checked. Raises HttpDenied, HttpFailed."""
        url = exact_url(call.url) if call.is_exact else parse_url(call.url)
        method, reach, headers, with_body, trusted = call.method.upper(), call.reach, call.headers, True, call.trusted
        for _ in range(MAX_REDIRECTS + 1):
            host = self._policy.host(url.raw_host or "", reach)
            target = url if host == url.raw_host else url.with_host(host)
            answer = await self._send_once(
                Hop(
                    method=method,
                    target=target,
                    headers=headers,
                    body=call.body if with_body else None,
                    form=call.form if with_body else None,
                    reach=reach,
                    timeout_seconds=call.timeout_seconds,
                    trusted=trusted,
                )
            )
            location = answer.headers.get("location") if answer.status in _REDIRECTS else None
            if location is None or not call.follow_redirects:
                return answer
            await answer.release(is_complete=False)
            try:
                following = url.join(URL(location))
            except ValueError as error:
                raise HttpFailed(f"{place_of(url)} redirects to an address that cannot be read") from error
            if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
                method, with_body = ("HEAD" if method == "HEAD" else "GET"), False
                headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
            if following.raw_host != target.raw_host:
                # Another host was not chosen by the flow's author, and is not told the author's keys.
                reach, trusted = Reach.PUBLIC, b""
                headers = {name: value for name, value in headers.items() if not is_secret(name)}
            url = parse_url(str(following))
        raise HttpUnusable(f"{place_of(parse_url(call.url))} redirects more than {MAX_REDIRECTS} times")

    async def aclose(self) -> None:
        self._endpoints.close()
        if self._sessions is not None:
            await self._sessions.aclose()

    async def _send_once(self, hop: Hop) -> Answer:
        if hop.reach is Reach.ENDPOINT and hop.form is None and not hop.trusted:
            return await self._endpoints.send(hop)
        if self._sessions is None:
            from flowisectl.clients.http_sessions import Sessions  # aiohttp is large, and many processes never need it

            self._sessions = Sessions(self._policy, self._names)
        return await self._sessions.send(hop)


class _Exchange:
    """One call: the context manager that `stream` gives, and the `HttpStream` inside it."""

    def __init__(self, client: _SharedClient, call: HttpCall) -> None:
        self._client = client
        self._call = call
        self._received = 0
        self._answer: Answer | None = None
        self.status = 0
        self.reason = ""
        self.headers: Mapping[str, str] = {}

    async def __aenter__(self) -> _Exchange:
        self._answer = answer = await self._client.send(self._call)
        self.status, self.reason, self.headers = answer.status, answer.reason, answer.headers
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._answer is not None:
            await self._answer.release(is_complete=kind in (None, GeneratorExit))

    def __aiter__(self) -> _Exchange:
        return self

    async def __anext__(self) -> bytes:
        assert self._answer is not None
        piece = await self._answer.read_piece()
        if not piece:
            raise StopAsyncIteration
        self._received += len(piece)
        if self._received > self._call.max_bytes:
            raise too_large(place_of(parse_url(self._call.url)), self._call.max_bytes)
        return piece

    async def pour(self, take: Callable[[bytes], Wanted]) -> None:
        assert self._answer is not None
        await self._answer.pour(take, self._call.max_bytes)

    async def read(self) -> bytes:
        return b"".join([piece async for piece in self])
