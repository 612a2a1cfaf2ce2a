"""Outgoing requests of user code: what a script asks for, done by the process's own HTTP client."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, Reach

HTTP = "#http"
"""The name of the host call; no function of a caller can be called so."""
MAX_ANSWER_BYTES = 8 * 1024 * 1024
DEFAULT_SECONDS = 60.0
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class RequestFailed(Exception):
    """Carries `{message, code}` for the script's own error."""


async def send_request(http: HttpClient, request: Any) -> dict[str, Any]:
    """Send `{method, url, headers, text | base64, timeout, redirects}` and give `{status, statusText, headers, text | base64}`.

    `timeout` is in milliseconds. A body that is no UTF-8 comes as base64. Raises RequestFailed.
    """
    try:
        call = _to_call(request)
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise RequestFailed({"message": f"the request cannot be read: {error}", "code": "ERR_BAD_OPTION"}) from error
    try:
        answer = await http.request(call)
    except HttpDenied as error:
        raise RequestFailed({"message": str(error), "code": "ERR_DENIED"}) from error
    except HttpFailed as error:
        raise RequestFailed({"message": str(error), "code": "ERR_NETWORK"}) from error
    data: dict[str, Any] = {"status": answer.status, "statusText": answer.reason, "headers": dict(answer.headers)}
    try:
        data["text"] = answer.body.decode()
    except UnicodeDecodeError:
        data["base64"] = b64encode(answer.body).decode()
    return data


def _to_call(request: Mapping[str, Any]) -> HttpCall:
    method = str(request["method"]).upper()
    if method not in _METHODS:
        raise ValueError(f"no method {method!r}")
    body: bytes | None = None
    if request.get("base64") is not None:
        body = b64decode(request["base64"])
    elif request.get("text") is not None:
        body = str(request["text"]).encode("utf-8", "replace")
    milliseconds = float(request.get("timeout") or 0)
    return HttpCall(
        method=method,
        url=str(request["url"]),
        headers={str(name): str(value) for name, value in request["headers"].items()},
        body=body,
        reach=Reach.PUBLIC,
        timeout_seconds=min(milliseconds / 1000, 3600.0) if milliseconds > 0 else DEFAULT_SECONDS,
        max_bytes=MAX_ANSWER_BYTES,
        follow_redirects=request.get("redirects") is not False,
    )
