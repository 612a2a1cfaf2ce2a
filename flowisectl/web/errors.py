"""Errors → status and JSON body, in one place.

The standard error is `{"statusCode": int, "success": false, "message": text, "stack": {}}`. Errors of a service carry
`Error: <service>.<function> - ` in front of their text; the chat widget removes it before it shows the rest.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from quart import Quart, Response
from werkzeug.exceptions import HTTPException

from flowisectl.errors import (
    AccessDenied,
    DatabaseUnavailable,
    DeadlinePassed,
    FlowisectlError,
    FlowNotFound,
    InvalidApiKey,
    InvalidRequest,
    RedisUnavailable,
    Unavailable,
)
from flowisectl.predictions.error_text import shown_error
from flowisectl.web.answers import JSON_TYPE
from flowisectl.web.json_text import to_json

log = logging.getLogger(__name__)

JOB_ID = "X-Job-Id"
"""The header of every answer that names the job behind it."""
RETRY_AFTER_SECONDS = "2"
TOLD_AGAIN_SECONDS = 60.0
"""So long the log says nothing more of the same trouble, however many requests meet it."""
_LATER = "try again in a moment; if it lasts, `flowisectl status` on the server tells the cause"
_OUTSIDE: Mapping[type[Unavailable], str] = {
    RedisUnavailable: f"The queue cannot be reached now: {_LATER}",
    DatabaseUnavailable: f"The database cannot be reached now: {_LATER}",
}
"""What callers read of troubles whose texts name addresses of the inside."""
_told: dict[type[Unavailable], float] = {}
_TEXTS = {413: "request entity too large", 408: "The request's body did not arrive in time"}


class HttpError(FlowisectlError):
    """An answer that is decided: a status, and the body's message. `body` replaces the standard error's JSON; `retry_after` is
    the header's value, in seconds."""

    def __init__(self, status: int, message: str, *, body: Mapping[str, Any] | None = None, retry_after: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = body
        self.retry_after = retry_after


class UnauthorizedAccess(HttpError):
    """The gate did not let a request through."""

    def __init__(self) -> None:
        super().__init__(401, "Unauthorized Access", body={"error": "Unauthorized Access"})


class Forbidden(HttpError):
    """The caller is known, and may not do this."""

    def __init__(self) -> None:
        super().__init__(403, "Forbidden", body={"message": "Forbidden"})


def service_text(function: str, text: str) -> str:
    """`Error: <service>.<function> - <text>`."""
    return f"Error: {function} - {text}"


@contextmanager
def service(function: str, within: str = "") -> Iterator[None]:
    """What goes wrong inside is an error of this service function: status 500, its text with the function's prefix; before that
    with the prefix of the function that is called `within` it, where clients know both.

    Decided answers, refused access, unusable requests and unavailable services keep their own status.
    """
    try:
        yield
    except (HttpError, AccessDenied, InvalidRequest, Unavailable):
        raise
    except FlowisectlError as error:
        text = service_text(within, error.message) if within else error.message
        raise HttpError(500, service_text(function, text)) from error


def status_of(error: FlowisectlError) -> int:
    match error:
        case HttpError():
            return error.status
        case FlowNotFound():
            return 404
        case InvalidRequest():
            return 400
        case InvalidApiKey():
            return 401
        case AccessDenied():
            return 403
        case DeadlinePassed():
            return 504
        case Unavailable():
            return 503
        case _:
            return 500


def outside_text(error: FlowisectlError) -> str:
    """An error's text as callers may read it; what names an address of the inside goes to the log instead."""
    kind = next((kind for kind in _OUTSIDE if isinstance(error, kind)), None)
    if kind is None:
        return error.message
    is_logged = isinstance(error, Unavailable) and error.is_logged
    if not is_logged and time.monotonic() - _told.get(kind, float("-inf")) >= TOLD_AGAIN_SECONDS:
        _told[kind] = time.monotonic()
        log.warning("requests get 503: %s", error.message)
    return _OUTSIDE[kind]


def error_body(status: int, message: str, stack: str | None = None) -> dict[str, Any]:
    """The standard error. A provider's refusal of its key is told in words that a user can act on."""
    return {"statusCode": status, "success": False, "message": shown_error(message), "stack": stack or {}}


@dataclass(frozen=True, kw_only=True, slots=True)
class RawAnswer:
    """A complete answer, before it is told to Quart or to ASGI."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_response(self) -> Response:
        return Response(self.body, self.status, dict(self.headers), content_type=JSON_TYPE)


def to_answer(error: Exception, *, with_stack: bool = False) -> RawAnswer:
    """Any exception as an answer. What is no error of ours tells the caller nothing of its inside."""
    stack = "".join(traceback.format_exception(error)) if with_stack else None
    headers: dict[str, str] = {}
    if isinstance(error, HttpError) and error.body is not None:
        return RawAnswer(status=error.status, body=to_json(error.body))
    if isinstance(error, HttpError) and error.retry_after:
        headers["Retry-After"] = error.retry_after
    if isinstance(error, FlowisectlError):
        status, message = status_of(error), outside_text(error)
        if error.awaited_job:
            headers[JOB_ID] = error.awaited_job
    elif isinstance(error, HTTPException):
        status = error.code or 500
        message = _TEXTS.get(status) or error.description or error.name
    else:
        status, message = 500, "Internal Server Error: the server's log has the cause"
    if status == 503:
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    return RawAnswer(status=status, body=to_json(error_body(status, message, stack)), headers=headers)


def register_errors(app: Quart, *, with_stack: bool) -> None:
    """Every error of a route becomes the standard JSON; unexpected ones are logged with their traceback."""

    async def known(error: Exception) -> Response:
        return to_answer(error, with_stack=with_stack).to_response()

    async def unexpected(error: Exception) -> Response:
        log.error("a request failed unexpectedly", exc_info=error)
        return to_answer(error, with_stack=with_stack).to_response()

    app.register_error_handler(FlowisectlError, known)
    app.register_error_handler(HTTPException, known)
    app.register_error_handler(Exception, unexpected)
