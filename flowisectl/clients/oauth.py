"""The access token of a login at another service (OAuth 2.0, RFC 6749), renewed when it is too old."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from flowisectl.clients.kept_tokens import token_call
from flowisectl.errors import MissingInput, ProviderError
from flowisectl.interfaces.http import HttpClient, HttpDenied, HttpFailed

_MARGIN_SECONDS = 300


async def access_token(http: HttpClient, fields: Mapping[str, Any], *, provider: str) -> str:
    """The token in a credential's fields. One that ends within five minutes is renewed for this run; the credential keeps the old one.

    Raises MissingInput when nobody has logged in yet, ProviderError when the service refuses.
    """
    token = str(fields.get("access_token") or "")
    if token and not _is_old(fields.get("expires_at")):
        return token
    refresh, url = str(fields.get("refresh_token") or ""), str(fields.get("accessTokenUrl") or "")
    if not refresh or not url:
        if token:
            return token
        raise MissingInput(f"the credential for {provider} has no access token: log in with it first")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh,
        "client_id": str(fields.get("clientId") or ""),
        "client_secret": str(fields.get("clientSecret") or ""),
        **({"scope": str(fields["scope"])} if fields.get("scope") else {}),
    }
    try:
        response = await http.request(token_call(url, form))
        renewed = orjson.loads(response.body).get("access_token") if 200 <= response.status < 300 else None
    except (HttpFailed, HttpDenied) as error:
        raise ProviderError(f"{provider}: the access token cannot be renewed: {error}", provider=provider) from error
    except (ValueError, AttributeError):
        renewed = None
    if not renewed:
        # The answer may repeat what was sent; it is not shown.
        raise ProviderError(
            f"{provider} did not renew the access token ({response.status}): log in again", provider=provider, status=response.status
        )
    return str(renewed)


def _is_old(ends: Any) -> bool:
    """`expires_at` is a time in ISO form, or seconds or milliseconds since 1970."""
    if ends in (None, ""):
        return False
    try:
        moment = float(ends)
    except (TypeError, ValueError):
        try:
            moment = datetime.fromisoformat(str(ends).replace("Z", "+00:00")).timestamp()
        except ValueError:
            return False
    if moment > 1e11:
        moment /= 1000
    return moment - _MARGIN_SECONDS < time.time()
