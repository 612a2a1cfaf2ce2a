"""`/admin/queues`: SAQ's page beside Quart, behind a login of its own, and the page to log in with."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from config.settings import QueueSettings
from flowisectl.errors import FlowisectlError
from flowisectl.queue.overview import QUEUES
from flowisectl.queue.shown_queue import SHOWS_PAYLOADS, ShownQueue
from flowisectl.web.access.auth import Authentication
from flowisectl.web.access.callers import Caller
from flowisectl.web.access.rate_limit import RequestCounters
from flowisectl.web.client_address import ProxyTrust
from flowisectl.web.errors import HttpError, status_of
from flowisectl.web.json_text import to_json
from flowisectl.web.pages.dashboard_script import NAME as SCRIPT
from flowisectl.web.pages.dashboard_script import page_script
from flowisectl.web.pages.signin import SIGNIN, SIGNIN_CSP, signin_page

PREFIX = "/admin/queues"
COUNTER = "queue_dashboard"
REQUESTS, WINDOW_SECONDS = 100, 60
TOO_MANY = "Too many requests to admin dashboard, please try again later."
_QUEUE_PATH = re.compile(rf"{PREFIX}/api/queues/([^/]+)(?:/jobs/([^/]+)(?:/(?:retry|abort))?)?/?")
_INLINE = f'const root_path = "{PREFIX}";'
"""The one script that the page has inside itself."""
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(_INLINE.encode()).digest()).decode()
_CSP = (
    f"default-src 'none'; script-src 'self' 'sha256-{_SCRIPT_HASH}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)

log = logging.getLogger(__name__)


class Dashboard:
    """An ASGI application in front of another: it takes what is below `/admin/queues`, and `/signin`.

    Every logged-in user sees queues, states, times and errors; only administrators of the organization see what was asked and
    answered, and may stop and retry jobs.
    """

    def __init__(
        self,
        inner: Any,
        queues: Sequence[ShownQueue],
        *,
        authentication: Authentication,
        counters: RequestCounters,
        trust_proxy: str,
        too_many: str = "",
    ) -> None:
        from saq.web.starlette import saq_web

        self._inner = inner
        self._queues = {queue.name: queue for queue in queues}
        self._page: Any = saq_web(PREFIX, list(queues))
        # Its own answer to an error is no JSON, which its script could not read.
        self._page.add_exception_handler(FlowisectlError, _told)
        self._page.add_exception_handler(Exception, _told)
        self._authentication = authentication
        self._counters = counters
        self._trust = ProxyTrust(trust_proxy)
        self._too_many = too_many or TOO_MANY

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path in (PREFIX, SIGNIN) or path.startswith(f"{PREFIX}/")):
            await self._inner(scope, receive, send)
            return
        guarded = _Guarded(send, SIGNIN_CSP if path == SIGNIN else _CSP)
        try:
            await self._answer(scope, receive, guarded, path)
        except Exception as error:
            if not isinstance(error, FlowisectlError):
                log.error("the queue's page failed", exc_info=error)
            if not guarded.has_begun:
                await guarded.json(*_error_of(error))

    async def _answer(self, scope: Any, receive: Any, send: _Guarded, path: str) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        peer = scope.get("client")
        address = self._trust.client(peer[0] if peer else "", headers.get(b"x-forwarded-for", ""))
        count = await self._counters.count(COUNTER, address, WINDOW_SECONDS)
        if count.requests > REQUESTS:
            await send.whole(
                429, self._too_many.encode(), b"text/plain; charset=utf-8", [(b"retry-after", str(int(count.seconds_left) + 1).encode())]
            )
            return
        if path == SIGNIN:
            await send.whole(200, signin_page(f"{PREFIX}/"), b"text/html; charset=utf-8")
            return
        caller = await self._caller(scope, send, path)
        if caller is None:
            return
        if path == PREFIX:
            await send.whole(302, b"", b"text/plain", [(b"location", f"{PREFIX}/".encode())])
        elif path == f"{PREFIX}/static/{SCRIPT}":
            await send.whole(200, page_script(), b"text/javascript; charset=utf-8")
        elif scope["method"] not in ("GET", "HEAD") and not self._may_steer(caller, headers):
            await send.json(403, {"error": "Only an administrator of the organization may stop or retry jobs"})
        elif await self._exists(path, send):
            token = SHOWS_PAYLOADS.set(caller.is_admin)
            try:
                await self._page({**scope, "root_path": PREFIX}, receive, send)
            finally:
                SHOWS_PAYLOADS.reset(token)

    async def _caller(self, scope: Any, send: _Guarded, path: str) -> Caller | None:
        """The user of the session; without one the way to log in is answered."""
        cookies = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
        try:
            return await self._authentication.by_cookies(cookies)
        except HttpError as error:
            can_retry = bool(error.body and error.body.get("retry"))
        if path.startswith(f"{PREFIX}/api/"):
            await send.json(401, {"error": "Your session has ended: reload the page to log in"})
        else:
            await send.whole(302, b"", b"text/plain", [(b"location", f"{SIGNIN}?retry=true".encode() if can_retry else SIGNIN.encode())])
        return None

    @staticmethod
    def _may_steer(caller: Caller, headers: dict[bytes, str]) -> bool:
        """Whoever is an administrator, and on this page: not sent here by another site."""
        return caller.is_admin and headers.get(b"sec-fetch-site", "same-origin") == "same-origin"

    async def _exists(self, path: str, send: _Guarded) -> bool:
        """Answers for queues and jobs that are not there, which SAQ's page would fail on."""
        match = _QUEUE_PATH.fullmatch(path)
        if match is None:
            return True
        queue = self._queues.get(match[1])
        if queue is None:
            await send.json(404, {"error": f"There is no queue {match[1][:100]}"})
        elif match[2] and await queue.job(match[2]) is None:
            await send.json(404, {"error": f"Job {match[2][:100]} is not there: it may have been removed (REMOVE_ON_AGE, REMOVE_ON_COUNT)"})
        else:
            return True
        return False


def _error_of(error: Exception) -> tuple[int, dict[str, Any]]:
    if isinstance(error, FlowisectlError):
        return status_of(error), {"error": error.message}
    return 500, {"error": "Internal Server Error: the server's log has the cause"}


async def _told(_request: Any, error: Exception) -> Any:
    from starlette.responses import JSONResponse

    status, body = _error_of(error)
    return JSONResponse(body, status)


def shown_queues(redis: Redis, settings: QueueSettings) -> list[ShownQueue]:
    """Every queue of this QUEUE_NAME. Needs a running event loop."""
    return [ShownQueue(redis, settings, queue=queue) for queue in QUEUES]


class _Guarded:
    """An ASGI `send` whose answers nobody may frame, keep or sniff."""

    def __init__(self, send: Any, policy: str) -> None:
        self.has_begun = False
        self._send = send
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-frame-options", b"DENY"),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cache-control", b"no-store"),
        ]

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        await self._send(message)

    async def json(self, status: int, value: dict[str, Any]) -> None:
        await self.whole(status, to_json(value), b"application/json; charset=utf-8")

    async def whole(self, status: int, body: bytes, media_type: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        length = (b"content-length", str(len(body)).encode())
        await self({"type": "http.response.start", "status": status, "headers": [(b"content-type", media_type), length, *headers]})
        await self({"type": "http.response.body", "body": body})
