"""A client of Model Context Protocol servers (https://modelcontextprotocol.io/specification, 2025-06-18) over HTTP.

Two transports: Streamable HTTP, where every message is a POST whose answer is JSON or an event stream; and the older one,
where one event stream brings all answers and tells at its beginning where to POST.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin

import orjson

from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, HttpStream, Reach

PROTOCOL = "2025-06-18"
SECONDS = 60.0
MAX_TOOLS = 1000
MAX_MESSAGE_BYTES = 20_000_000
_PROVIDER = "mcp"
_CLIENT = {"name": "flowisectl", "version": "1"}


@dataclass(frozen=True, kw_only=True)
class McpTool:
    name: str
    description: str
    schema: Mapping[str, Any]


class McpSession:
    """One conversation with a server. Calls go one after the other."""

    def __init__(self, transport: _Transport) -> None:
        self._transport = transport
        self._last_id = 0

    async def tools(self) -> list[McpTool]:
        """Every tool of the server. Raises ProviderError."""
        found: list[McpTool] = []
        cursor: str | None = None
        while True:
            result = await self._ask("tools/list", {"cursor": cursor} if cursor else {})
            for tool in result.get("tools", []):
                schema = tool.get("inputSchema")
                found.append(
                    McpTool(
                        name=str(tool["name"]),
                        description=str(tool.get("description") or ""),
                        schema=schema if isinstance(schema, Mapping) else {"type": "object", "properties": {}},
                    )
                )
            cursor = result.get("nextCursor")
            if not cursor or len(found) > MAX_TOOLS:
                return found

    async def call(self, name: str, arguments: Mapping[str, Any]) -> list[Any]:
        """The `content` of what a tool gave. Raises ProviderError, also when the tool says that it failed."""
        result = await self._ask("tools/call", {"name": name, "arguments": dict(arguments)})
        content = result.get("content")
        content = content if isinstance(content, list) else []
        if result.get("isError"):
            said = " ".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
            raise ProviderError(
                f"tool {name!r} of the MCP server {self._transport.name} failed: {said[:1000] or 'it does not say why'}", provider=_PROVIDER
            )
        return content

    async def begin(self) -> None:
        await self._ask("initialize", {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": _CLIENT})
        await self._transport.tell({"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def _ask(self, method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self._last_id += 1
        message = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": dict(params)}
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._transport.ask(message, self._last_id)
        except TimeoutError as error:
            raise ProviderError(
                f"the MCP server {self._transport.name} did not answer {method} within {SECONDS:g} s", provider=_PROVIDER
            ) from error
        if error_of := answer.get("error"):
            said = error_of.get("message") if isinstance(error_of, Mapping) else error_of
            raise ProviderError(f"the MCP server {self._transport.name} refused {method}: {str(said)[:1000]}", provider=_PROVIDER)
        result = answer.get("result")
        if not isinstance(result, Mapping):
            said = f"{self._transport.name} did not answer {method} as an MCP server does: check the address"
            raise ProviderError(said, provider=_PROVIDER)
        return result


@asynccontextmanager
async def open_mcp(http: HttpClient, url: str, *, headers: Mapping[str, str] | None = None, reach: Reach) -> AsyncIterator[McpSession]:
    """A session with the server at `url`: Streamable HTTP, or the older transport where the server does not know it.

    Raises ProviderError. `headers` may carry secrets; no message repeats them.
    """
    streamable = _Streamable(http, url, headers or {}, reach)
    session = McpSession(streamable)
    try:
        await session.begin()
    except _OtherTransport as refusal:
        async with _open_events(http, url, headers or {}, reach, refusal) as events:
            session = McpSession(events)
            await session.begin()
            yield session
        return
    try:
        yield session
    finally:
        await streamable.close()


class _Transport(Protocol):
    name: str
    """What to call the server in errors; no secret is in it."""

    async def ask(self, message: Mapping[str, Any], id: int) -> Mapping[str, Any]: ...

    async def tell(self, message: Mapping[str, Any]) -> None: ...


class _OtherTransport(ProviderError):
    """The server does not take POSTs at its address, as servers of the older transport do."""


class _Streamable:
    def __init__(self, http: HttpClient, url: str, headers: Mapping[str, str], reach: Reach) -> None:
        self.name = _place(url)
        self._http = http
        self._url = url
        self._headers = {**headers, "content-type": "application/json", "accept": "application/json, text/event-stream"}
        self._reach = reach
        self._session_id = ""

    async def ask(self, message: Mapping[str, Any], id: int) -> Mapping[str, Any]:
        with _failures():
            async with self._http.stream(self._call("POST", message)) as answer:
                await self._check(answer, is_first=message["method"] == "initialize")
                self._session_id = answer.headers.get("mcp-session-id") or self._session_id
                if answer.headers.get("content-type", "").startswith("text/event-stream"):
                    async for _, data in _events(answer, self.name):
                        found = _message(data, self.name)
                        if found.get("id") == id:
                            return found
                    raise ProviderError(f"the MCP server {self.name} ended its answer too early", provider=_PROVIDER)
                return _message(await answer.read(), self.name)

    async def tell(self, message: Mapping[str, Any]) -> None:
        with _failures():
            await self._http.request(self._call("POST", message))

    async def close(self) -> None:
        """Servers that keep sessions are told that this one is over; whether they listen does not matter."""
        if self._session_id:
            with suppress(HttpFailed, HttpDenied):
                await self._http.request(self._call("DELETE", None))

    def _call(self, method: str, message: Mapping[str, Any] | None) -> HttpCall:
        session = {"mcp-session-id": self._session_id, "mcp-protocol-version": PROTOCOL} if self._session_id else {}
        body = None if message is None else orjson.dumps(message)
        return HttpCall(
            method=method, url=self._url, headers={**self._headers, **session}, body=body, reach=self._reach, timeout_seconds=SECONDS
        )

    async def _check(self, answer: HttpStream, *, is_first: bool) -> None:
        if answer.status < 300:
            return
        said = (await answer.read())[:300].decode("utf-8", "replace")
        kind = _OtherTransport if is_first and answer.status in (400, 404, 405, 406, 415) else ProviderError
        raise kind(f"the MCP server {self.name} answered {answer.status}: {said}", provider=_PROVIDER, status=answer.status)


class _Events:
    """The older transport: answers come in the one stream that is open."""

    def __init__(
        self, http: HttpClient, url: str, headers: Mapping[str, str], reach: Reach, events: AsyncIterator[tuple[str, str]]
    ) -> None:
        self.name = _place(url)
        self._http = http
        self._url = url
        self._headers = {**headers, "content-type": "application/json"}
        self._reach = reach
        self._events = events

    async def ask(self, message: Mapping[str, Any], id: int) -> Mapping[str, Any]:
        await self.tell(message)
        with _failures():
            async for _, data in self._events:
                found = _message(data, self.name)
                if found.get("id") == id:
                    return found
        raise ProviderError(f"the MCP server {self.name} closed the connection", provider=_PROVIDER)

    async def tell(self, message: Mapping[str, Any]) -> None:
        call = HttpCall(
            method="POST", url=self._url, headers=self._headers, body=orjson.dumps(message), reach=self._reach, timeout_seconds=SECONDS
        )
        with _failures():
            response = await self._http.request(call)
        if response.status >= 300:
            raise ProviderError(f"the MCP server {self.name} answered {response.status}", provider=_PROVIDER, status=response.status)


@asynccontextmanager
async def _open_events(
    http: HttpClient, url: str, headers: Mapping[str, str], reach: Reach, refusal: ProviderError
) -> AsyncIterator[_Events]:
    call = HttpCall(method="GET", url=url, headers={**headers, "accept": "text/event-stream"}, reach=reach, timeout_seconds=SECONDS)
    with _failures():
        async with http.stream(call) as stream:
            if stream.status >= 300 or not stream.headers.get("content-type", "").startswith("text/event-stream"):
                raise refusal
            events = _events(stream, _place(url))
            async for name, data in events:
                if name == "endpoint":
                    # Another host was not chosen by the flow's author.
                    address = urljoin(url, data.strip())
                    own = address.split("/", 3)[:3] == url.split("/", 3)[:3]
                    yield _Events(http, address, headers if own else {}, reach if own else Reach.PUBLIC, events)
                    return
            raise refusal


def _place(url: str) -> str:
    """Scheme, host and port of an address; user, path and query may carry keys."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0].rpartition('@')[2]}"


@contextmanager
def _failures() -> Iterator[None]:
    """What the client raises, which names the address, becomes a ProviderError."""
    try:
        yield
    except (HttpFailed, HttpDenied) as error:
        raise ProviderError(f"the MCP server cannot be reached: {error}", provider=_PROVIDER) from error


async def _events(stream: HttpStream, place: str) -> AsyncIterator[tuple[str, str]]:
    """(event name, data) of a stream of server-sent events."""
    buffer = b""
    name, lines = "message", list[str]()
    async for chunk in stream:
        buffer += chunk
        if len(buffer) > MAX_MESSAGE_BYTES:
            raise ProviderError(f"the MCP server {place} sent a message of more than {MAX_MESSAGE_BYTES} bytes", provider=_PROVIDER)
        *whole, buffer = buffer.split(b"\n")
        for raw in whole:
            line = raw.rstrip(b"\r").decode("utf-8", "replace")
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                lines.append(line.removeprefix("data:").removeprefix(" "))
            elif not line:
                if lines:
                    yield name, "\n".join(lines)
                name, lines = "message", []


def _message(data: str | bytes, place: str) -> Mapping[str, Any]:
    try:
        found = orjson.loads(data)
    except ValueError as error:
        raise ProviderError(f"the MCP server {place} sent something that is not JSON", provider=_PROVIDER) from error
    return found if isinstance(found, Mapping) else {}
