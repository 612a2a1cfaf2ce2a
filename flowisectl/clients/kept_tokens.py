"""Tokens that a service gives for a while: asked for with a form (OAuth 2.0, RFC 6749), and kept for the process's HTTP client until
shortly before their end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import orjson

from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, Reach

MARGIN_SECONDS = 120.0
_MOST = 256

Value = TypeVar("Value")

_kept: WeakKeyDictionary[HttpClient, dict[str, tuple[Any, float]]] = WeakKeyDictionary()


async def kept_token(http: HttpClient, parts: tuple[str, ...], fetch: Callable[[], Awaitable[tuple[Value, float]]]) -> Value:
    """The token for these parts: all that it depends on, secrets included, so that nobody gets one whose secrets he does not have.

    `fetch` gives a new one and for how many seconds it holds. Raises what `fetch` raises.
    """
    tokens = _kept.setdefault(http, {})
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    found = tokens.get(key)
    if found is not None and found[1] > time.monotonic():
        value: Value = found[0]
        return value
    value, seconds = await fetch()
    while len(tokens) >= _MOST:
        tokens.pop(next(iter(tokens)))
    tokens[key] = (value, time.monotonic() + seconds - MARGIN_SECONDS)
    return value


def token_call(url: str, form: Mapping[str, str]) -> HttpCall:
    """The request for a token. It has secrets in its body, so it follows no redirect."""
    return HttpCall(
        method="POST",
        url=url,
        headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
        body=urlencode(form).encode(),
        reach=Reach.ENDPOINT,
        timeout_seconds=30.0,
        follow_redirects=False,
    )


async def asked_token(http: HttpClient, url: str, form: Mapping[str, str], *, provider: str) -> tuple[str, float]:
    """A new access token, and for how many seconds it holds. Raises ProviderError, without anything of what was sent."""
    try:
        response = await http.request(token_call(url, form))
    except (HttpFailed, HttpDenied) as error:
        raise ProviderError(f"{provider} gave no access token: {error}", provider=provider) from error
    try:
        answer = orjson.loads(response.body)
    except ValueError:
        answer = {}
    token = answer.get("access_token") if isinstance(answer, Mapping) and 200 <= response.status < 300 else None
    if not token:
        # Only the error's code: the answer may repeat what was sent.
        code = (answer.get("error") or answer.get("errorCode")) if isinstance(answer, Mapping) else None
        why = code if isinstance(code, str) and len(code) < 60 else "no reason told"
        raise ProviderError(f"{provider} gave no access token: {response.status} {why}", provider=provider, status=response.status)
    seconds = answer.get("expires_in")
    return str(token), float(seconds) if isinstance(seconds, (int, float)) else 0.0
