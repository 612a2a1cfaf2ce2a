"""The current request's client: its address, and the URL that it used."""

from __future__ import annotations

from typing import cast

from quart import current_app, request

from flowisectl.web.client_address import ProxyTrust, origin_url

EXTENSION = "flowisectl.proxy-trust"
HEADERS_KEY = "flowisectl.headers"
"""Where the edge leaves the request's headers, as a mapping of lower-case names: reading them there is ten times cheaper."""


def header(name: bytes) -> str:
    """A header of the current request by its name in lower case; empty when it is missing."""
    found = cast(dict[bytes, bytes], request.scope.get(HEADERS_KEY, {})).get(name)
    return found.decode("latin-1") if found is not None else ""


def client_address() -> str:
    """The client's address, behind proxies as far as TRUST_PROXY believes them."""
    trust: ProxyTrust = current_app.extensions[EXTENSION]
    client = request.scope.get("client")
    return trust.client(client[0] if client else "", header(b"x-forwarded-for"))


def base_url() -> str:
    """The server's URL as the client knows it."""
    return origin_url(request.scheme, header(b"host"), header(b"x-forwarded-proto"))
