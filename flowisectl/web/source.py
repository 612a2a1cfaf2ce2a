"""The current request as ASGI knows it: its headers, its client's address, the URL that it used.

Routes read it here rather than from Quart, so the few that are served beside Quart (web/door.py) are the same functions.
"""

from __future__ import annotations

from collections.abc import Awaitable, MutableMapping
from contextvars import ContextVar
from typing import Any, cast

from flowisectl.web.client_address import ProxyTrust, origin_url

Scope = MutableMapping[str, Any]

_CURRENT: ContextVar[Scope] = ContextVar("request")
TRUST_KEY = "flowisectl.proxy-trust"
"""Where the edge leaves how far proxies are believed."""
HEADERS_KEY = "flowisectl.headers"
"""Where the edge leaves the request's headers, as a mapping of lower-case names: reading them there is ten times cheaper."""


TRACE_KEY = "flowisectl.traceparent"
"""Where a traced request has what continues its trace; nothing is there when no traces are sent."""
SEND_KEY = "flowisectl.send"
"""Where the edge leaves the server's own `send`."""
LEFT_KEY = "flowisectl.left"
"""Where a route's server leaves a way to wait until the client is gone."""


def client_left() -> Awaitable[None] | None:
    """Something that ends when the current request's client leaves; None where that cannot be known."""
    left = _CURRENT.get().get(LEFT_KEY)
    return left() if left is not None else None


def enter_request(scope: Scope) -> None:
    """Make this the current request of the task. The edge does so for every one."""
    _CURRENT.set(scope)


def current_scope() -> Scope:
    return _CURRENT.get()


def header(name: bytes) -> str:
    """A header of the current request by its name in lower case; empty when it is missing."""
    found = cast(dict[bytes, bytes], _CURRENT.get()[HEADERS_KEY]).get(name)
    return found.decode("latin-1") if found is not None else ""


def traceparent() -> str:
    """What continues the current request's trace elsewhere; empty when it has none."""
    return cast(str, _CURRENT.get().get(TRACE_KEY, ""))


def client_address() -> str:
    """The client's address, behind proxies as far as TRUST_PROXY believes them."""
    scope = _CURRENT.get()
    trust: ProxyTrust = scope[TRUST_KEY]
    client = scope.get("client")
    return trust.client(client[0] if client else "", header(b"x-forwarded-for"))


def base_url() -> str:
    """The server's URL as the client knows it."""
    return origin_url(_CURRENT.get()["scheme"], header(b"host"), header(b"x-forwarded-proto"))
