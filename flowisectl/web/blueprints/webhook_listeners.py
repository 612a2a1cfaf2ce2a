"""Watching the webhook calls of a flow: a listener is registered, its stream brings every frame of every run, until it is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from quart import Blueprint, Response

from flowisectl.errors import FlowisectlError
from flowisectl.web.access.callers import needs
from flowisectl.web.answers import json_answer
from flowisectl.web.catalogue.node_choices import FLOW_WRITES
from flowisectl.web.errors import HttpError
from flowisectl.web.flows.own import own_flow
from flowisectl.web.json_text import to_json
from flowisectl.web.services import WebServices, current_services
from flowisectl.web.sse import HEARTBEAT, HEARTBEAT_SECONDS, error_frame, frame
from flowisectl.web.webhooks.listeners import Run

blueprint = Blueprint("webhook_listeners", __name__)

MAX_WAITING = 10_000
"""Frames that wait for a listener that does not read; it is cut off then."""
_START = b'{"event":"start"'


@blueprint.post("/webhook-listener/<flow_id>/register")
@needs(*FLOW_WRITES)
async def register(flow_id: str) -> Response:
    stored = await own_flow(flow_id)
    return json_answer({"listenerId": await current_services().listeners.register(stored.flow.id)})


@blueprint.get("/webhook-listener/<flow_id>/stream/<listener_id>")
@needs(*FLOW_WRITES)
async def watch(flow_id: str, listener_id: str) -> Response:
    """The frames of every run that a webhook call begins, each run ended by `executionEnd`; it goes on until the client leaves."""
    services, stored = current_services(), await own_flow(flow_id)
    if not await services.listeners.keep(stored.flow.id, listener_id):
        raise HttpError(404, f"Webhook listener {listener_id[:100]} not found: register a new one")
    headers = {"Cache-Control": "no-cache", "Connection": "keep-alive", "X-Accel-Buffering": "no"}
    runs = await services.listeners.runs(stored.flow.id)
    response = Response(_Watch(services, stored.flow.id, listener_id, runs).frames(), 200, headers, content_type="text/event-stream")
    response.timeout = None
    return response


@blueprint.delete("/webhook-listener/<flow_id>/listener/<listener_id>")
@needs(*FLOW_WRITES)
async def drop(flow_id: str, listener_id: str) -> Response:
    stored = await own_flow(flow_id)
    await current_services().listeners.drop(stored.flow.id, listener_id)
    return json_answer({"ok": True})


class _Watch:
    """One listener's stream."""

    def __init__(self, services: WebServices, flow_id: str, listener_id: str, runs: AsyncIterator[Run]) -> None:
        self._services = services
        self._runs = runs
        self._flow_id = flow_id
        self._listener_id = listener_id
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_WAITING)
        self._tasks: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """End the stream: the server is stopping, or the listener reads nothing."""
        while self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def frames(self) -> AsyncIterator[bytes]:
        streams, listeners = self._services.streams, self._services.listeners
        self._begin(self._listen())
        streams.add(self)
        try:
            yield frame(to_json({"event": "listenerReady", "data": {"listenerId": self._listener_id, "replicaId": "main"}}))
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        data = await self._waiting.get()
                except TimeoutError:
                    if not await listeners.keep(self._flow_id, self._listener_id):
                        return
                    data = HEARTBEAT
                if data is None:
                    return
                yield data
        finally:
            streams.discard(self)
            for task in self._tasks:
                task.cancel()

    async def _listen(self) -> None:
        try:
            async for run in self._runs:
                self._begin(self._copy(run))
        except FlowisectlError as error:
            self._put(error_frame(error.message))
            self.stop()

    async def _copy(self, run: Run) -> None:
        chat_id, submission = run
        try:
            async for batch in submission.events():
                for event in batch:
                    if not event.startswith(_START):
                        self._put(frame(event))
        except FlowisectlError as error:
            self._put(error_frame(error.message))
        self._put(frame(to_json({"event": "executionEnd", "data": {"chatId": chat_id}})))

    def _put(self, data: bytes) -> None:
        if self._waiting.full():
            self.stop()
        else:
            self._waiting.put_nowait(data)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
