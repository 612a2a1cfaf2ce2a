"""Logging a credential in at another service (OAuth 2.0, RFC 6749): where its user is sent, and what its code or refresh token gets.

`state` names the credential and is signed: an answer that nobody asked for here changes nothing.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from flowisectl.errors import InvalidRequest, ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, Reach
from flowisectl.nodes.credential_types import credential_types

STATE_SECONDS = 900
_PROVIDER = "oauth2"
_TOKEN_URL = "accessTokenUrl"


def known_hosts() -> frozenset[str]:
    """The hosts that give the tokens of the credential types that there are."""
    urls = [
        str(field.default) for kind in credential_types().values() for field in kind.fields if field.name == _TOKEN_URL and field.default
    ]
    return frozenset(host for url in urls if (host := urlsplit(url).hostname))


def check_token_url(url: str, *, is_checked: bool, allowed: str) -> None:
    """Raises InvalidRequest for an address that is not https at a known host, or that is none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().rstrip(".")
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidRequest("the credential's Access Token URL is no http or https address")
    domains = known_hosts() | {part.strip().lower().lstrip(".") for part in allowed.split(",") if part.strip()}
    is_known = parts.scheme == "https" and any(host == domain or host.endswith(f".{domain}") for domain in domains)
    if is_checked and not is_known:
        raise InvalidRequest(f"{host} is no known giver of tokens: add it to OAUTH2_ALLOWED_TOKEN_DOMAINS")


def authorization_url(fields: Mapping[str, Any], *, redirect_uri: str, state: str) -> str:
    """Where the user logs in. Raises InvalidRequest for a credential that lacks what is needed."""
    url, client_id = str(fields.get("authorizationUrl") or ""), str(fields.get("clientId") or "")
    if not client_id or urlsplit(url).scheme not in ("http", "https"):
        raise InvalidRequest("the credential needs an Authorization URL and a Client ID")
    parameters = {"client_id": client_id, "response_type": "code", "response_mode": "query", "state": state, "redirect_uri": redirect_uri}
    if fields.get("scope"):
        parameters["scope"] = str(fields["scope"])
    # What protects the login is never one of the credential's own parameters.
    parameters = {**dict(parse_qsl(str(fields.get("additionalParameters") or "").lstrip("?&"))), **parameters}
    return url + ("&" if urlsplit(url).query else "?") + urlencode(parameters)


async def ask_token(client: HttpClient, fields: Mapping[str, Any], grant: Mapping[str, str]) -> dict[str, Any]:
    """The fields that a token answer adds to the credential. Raises ProviderError; its text repeats no secret."""
    form = {**grant, "client_id": str(fields.get("clientId") or ""), "client_secret": str(fields.get("clientSecret") or "")}
    call = HttpCall(
        method="POST",
        url=str(fields[_TOKEN_URL]),
        headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
        body=urlencode(form).encode(),
        reach=Reach.ENDPOINT,
        timeout_seconds=30.0,
        max_bytes=1_000_000,
    )
    try:
        answer = await client.request(call)
        told = orjson.loads(answer.body) if 200 <= answer.status < 300 else None
    except (HttpFailed, HttpDenied) as error:
        raise ProviderError(f"the service cannot be asked for a token: {error}", provider=_PROVIDER) from error
    except ValueError:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("access_token"), str) or not told["access_token"]:
        raise ProviderError(f"the service gave no token (status {answer.status})", provider=_PROVIDER, status=answer.status)
    found = {name: told[name] for name in ("access_token", "refresh_token", "token_type", "scope", "expires_in") if told.get(name)}
    seconds = told.get("expires_in")
    if isinstance(seconds, (int, float, str)) and str(seconds).isdigit() and int(seconds) < 10**9:
        found["expires_at"] = datetime.fromtimestamp(time.time() + int(seconds), UTC).isoformat(timespec="milliseconds")
    return found


def state_of(credential_id: str, secret: str, *, now: float | None = None) -> str:
    """`<credential id>.<end of its time>.<signature>`."""
    text = f"{credential_id}.{int(time.time() if now is None else now) + STATE_SECONDS}"
    return f"{text}.{_signature(text, secret)}"


def credential_of_state(state: str, secret: str, *, now: float | None = None) -> str | None:
    """The credential's id; None for a state that was not made here, or too long ago."""
    text, _, signature = state.rpartition(".")
    credential_id, _, until = text.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(text, secret).encode()) or not until.isdigit():
        return None
    return credential_id if int(until) >= (time.time() if now is None else now) else None


def _signature(text: str, secret: str) -> str:
    digest = hmac.digest(secret.encode(), b"oauth2-state:" + text.encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
