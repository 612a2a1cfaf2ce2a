"""With DEBUG=true, a line in the log for each request: its headers and its body, without what must not be there."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import orjson

from flowisectl.observability.logging import masked

Application = Callable[[Any, Any, Any], Awaitable[None]]
HIDDEN = "********"
ALWAYS_HIDDEN_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key", "x-flowise-api-key"})
ALWAYS_HIDDEN_FIELDS = frozenset(
    {"password", "credential", "token", "apikey", "apisecret", "secret", "plaindataobj", "newpassword", "oldpassword"}
)
LARGEST_BODY = 16 * 1024
"""Of a larger body only the size is told."""

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")

log = logging.getLogger(__name__)


class Sanitiser:
    """LOG_SANITIZE_BODY_FIELDS and LOG_SANITIZE_HEADER_FIELDS, beside what is always hidden. Names in whatever case."""

    def __init__(self, body_fields: Iterable[str] = (), header_fields: Iterable[str] = ()) -> None:
        self._fields = ALWAYS_HIDDEN_FIELDS | {name.lower() for name in body_fields}
        self._headers = ALWAYS_HIDDEN_HEADERS | {name.lower() for name in header_fields}

    def headers(self, pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
        named = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in pairs)
        return {name: HIDDEN if name in self._headers else masked(value) for name, value in named}

    def body(self, data: bytes) -> Any:
        """The JSON with hidden members; a body that is none, or too large, is told by its size."""
        if len(data) > LARGEST_BODY:
            return f"({len(data):,} bytes)"
        try:
            return self._clean(orjson.loads(data)) if data else None
        except ValueError:
            return f"({len(data):,} bytes that are no JSON)"

    def _clean(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: HIDDEN if name.lower() in self._fields else self._clean(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        return _MAIL.sub(HIDDEN, masked(value)) if isinstance(value, str) else value


class RequestLog:
    """An ASGI application around another."""

    def __init__(self, inner: Application, sanitiser: Sanitiser) -> None:
        self._inner = inner
        self._sanitiser = sanitiser

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        status, began = 0, time.perf_counter()
        parts: list[bytes] = []

        async def read() -> Any:
            message = await receive()
            if message["type"] == "http.request" and sum(map(len, parts)) <= LARGEST_BODY:
                parts.append(message.get("body", b""))
            return message

        async def write(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._inner(scope, read, write)
        finally:
            told = {"headers": self._sanitiser.headers(scope["headers"]), "body": self._sanitiser.body(b"".join(parts))}
            took = (time.perf_counter() - began) * 1000
            log.debug(
                "%s %s %d in %.0f ms %s", scope["method"], scope["path"], status, took, orjson.dumps(told, default=str).decode(), extra=told
            )
