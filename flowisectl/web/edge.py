"""What every request passes before a route: preflights, the limit of its body, the gate; and what every answer carries: CORS
and framing headers.

It stands around the application as plain ASGI: a refused request costs no routing, and a route that is served beside Quart
one day shares it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from flowisectl.errors import FlowisectlError
from flowisectl.web.access.auth import cookie_header
from flowisectl.web.access.callers import SCOPE_KEY
from flowisectl.web.access.cors import NO_ORIGIN, CorsPolicy, FlowDomains
from flowisectl.web.access.gate import Gate
from flowisectl.web.answers import JSON_TYPE
from flowisectl.web.errors import HttpError, RawAnswer, to_answer
from flowisectl.web.requests.body_limit import RequestBody, declared_length, drained, limit_of_body, limited
from flowisectl.web.source import HEADERS_KEY, SEND_KEY, enter_request
from flowisectl.web.streams.open_streams import OpenStreams

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

log = logging.getLogger(__name__)


class Edge:
    def __init__(
        self,
        inner: Application,
        *,
        gate: Gate,
        cors: CorsPolicy,
        flow_domains: FlowDomains,
        framing: Headers,
        body_limit: int,
        streams: OpenStreams,
        shared: Mapping[str, Any],
        with_stack: bool = False,
    ) -> None:
        self._inner = inner
        self._gate = gate
        self._cors = cors
        self._flow_domains = flow_domains
        self._framing = framing
        self._open_headers = [*framing, *NO_ORIGIN]
        self._body_limit = body_limit
        self._streams = streams
        self._shared = shared
        self._with_stack = with_stack

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            # There is no route for a WebSocket: a close before it is accepted is answered with 403.
            await (send({"type": "websocket.close", "code": 1008}) if scope["type"] == "websocket" else self._inner(scope, receive, send))
            return
        headers = scope[HEADERS_KEY] = dict(scope["headers"])
        scope.update(self._shared)
        scope[SEND_KEY] = send
        enter_request(scope)
        origin, path = headers.get(b"origin"), scope["path"]
        extra = self._framing if origin else self._open_headers
        limit, length = limit_of_body(headers, self._body_limit), declared_length(headers)
        if length != 0:
            receive = body = RequestBody(receive, self._streams)
            send = body.ended_by(send)
        try:
            text = origin.decode("latin-1") if origin else None
            if text is None or await self._cors.allows(text, path, self._flow_domains):
                if scope["method"] == "OPTIONS":
                    requested = headers.get(b"access-control-request-headers", b"")
                    await _respond(send, 204, b"", [*self._framing, *self._cors.preflight_headers(text, requested)])
                    return
                if text is not None:
                    extra = [*self._framing, *self._cors.headers(text)]
            if length is None:
                receive = limited(receive, limit)
            elif length > limit:
                raise HttpError(413, "request entity too large")
            if self._gate.is_public(path):
                caller = None
            else:
                caller = await self._gate.admit(
                    path,
                    request_from=headers.get(b"x-request-from", b"").decode("latin-1"),
                    cookies=cookie_header(scope),
                    authorization=headers.get(b"authorization", b"").decode("latin-1"),
                )
        except Exception as error:
            if not isinstance(error, FlowisectlError):
                log.error("the gate failed unexpectedly", exc_info=error)
            await drained(receive, headers)
            await _refuse(send, to_answer(error, with_stack=self._with_stack), extra)
            return
        if caller is not None:
            scope[SCOPE_KEY] = caller

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self._inner(scope, receive, send_with_headers)


async def _refuse(send: Send, answer: RawAnswer, extra: Headers) -> None:
    headers = [(b"content-type", JSON_TYPE.encode()), (b"content-length", str(len(answer.body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    await _respond(send, answer.status, answer.body, [*headers, *extra])


async def _respond(send: Send, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
