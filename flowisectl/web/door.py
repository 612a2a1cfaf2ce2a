"""The short way to the prediction route: beside Quart, not through it.

`POST /api/v1/prediction/:id` is nearly all of a busy server's work, and Quart's dispatch is half of what one costs. This
door calls the same route function (web/blueprints/predictions.py) for JSON and URL-encoded bodies; forms with files and
everything else go through Quart. It stands inside the edge, so limits, CORS and the gate are passed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from quart import Response

from flowisectl.errors import FlowisectlError
from flowisectl.web.access.gate import API
from flowisectl.web.blueprints import predictions
from flowisectl.web.errors import to_answer
from flowisectl.web.predictions.multipart import is_multipart
from flowisectl.web.requests.body import BODY_KEY
from flowisectl.web.source import LEFT_KEY

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

PREFIX = f"{API}prediction/"

log = logging.getLogger(__name__)


class PredictionDoor:
    def __init__(self, inner: Application, *, with_stack: bool = False) -> None:
        self._inner = inner
        self._with_stack = with_stack

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        flow_id = _flow_id_of(scope)
        if not flow_id or is_multipart():
            await self._inner(scope, receive, send)
            return
        scope[BODY_KEY] = lambda: _body(receive)
        scope[LEFT_KEY] = lambda: _left(receive)
        try:
            response = await predictions.create(flow_id)
        except Exception as error:
            if not isinstance(error, FlowisectlError):
                log.error("a request failed unexpectedly", exc_info=error)
            response = to_answer(error, with_stack=self._with_stack).to_response()
        await _answer(response, receive, send)


def _flow_id_of(scope: Any) -> str:
    """The id in the path of a prediction; empty for any other request."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return ""
    path: str = scope["path"]
    flow_id = path[len(PREFIX) :] if path.startswith(PREFIX) else ""
    return "" if "/" in flow_id else flow_id


async def _body(receive: Receive) -> bytes:
    """The whole body; the edge keeps its limit. A client that left in the middle has sent no request."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise asyncio.CancelledError("the client left before its request was complete")
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def _answer(response: Response, receive: Receive, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    if response.content_length is not None:
        await send({"type": "http.response.body", "body": await response.get_data(as_text=False), "more_body": False})
        return
    streaming = asyncio.ensure_future(_stream(response, send))
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait([streaming, leaving], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (streaming, leaving):
            if not task.done():
                task.cancel()
        await asyncio.wait([streaming, leaving])
    if not streaming.cancelled():
        streaming.result()


async def _stream(response: Response, send: Send) -> None:
    async with response.response as parts:
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
