"""Clients of the drills: each request is told apart by its chat, and everything it received is kept for the ledger."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from chaosdrills.processes import Process, Stack

HUNG_SECONDS = 60.0


@dataclass(kw_only=True)
class Asked:
    """One request and what came of it. Times are `time.monotonic`."""

    id: str
    flow: str
    chat: str
    tokens: int
    is_stream: bool
    keeps_rows: bool = True
    sent: float = 0.0
    ended: float = 0.0
    status: int = 0
    """0: no answer at all."""
    headers: dict[str, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    body: str = ""
    failure: str = ""
    is_hung: bool = False
    has_run: bool = False
    """Its model was asked, so it had been accepted."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    """The first token has come."""

    @property
    def expected(self) -> str:
        return "".join(f"w{number} " for number in range(self.tokens)) if self.tokens else "ok"

    @property
    def job_id(self) -> str:
        return self.headers.get("x-job-id", "")

    @property
    def error(self) -> str:
        return next((str(event["data"]) for event in self.events if event["event"] == "error"), "")

    @property
    def is_refused(self) -> bool:
        """Honestly not accepted: busy, or Redis away."""
        return self.status in (429, 503) and "retry-after" in self.headers and not self.has_run

    @property
    def is_answered(self) -> bool:
        if self.is_stream and self.status == 200 and self.events:
            return self.events[-1]["event"] == "end" and not self.error
        return self.status == 200

    @property
    def texts(self) -> list[str]:
        """The text of each attempt that the client saw, oldest first."""
        found = [""]
        for event in self.events:
            if event["event"] == "retry":
                found.append("")
            elif event["event"] == "token":
                found[-1] += event["data"]
        return found


class Client:
    def __init__(self, stack: Stack, *, patience: float = HUNG_SECONDS) -> None:
        """`patience`: after so many seconds a request counts as hung."""
        self.stack = stack
        self._patience = patience
        self.asked: list[Asked] = []
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None))

    async def close(self) -> None:
        await self._session.close()

    def ask(
        self, flow: str, *, main: Process | None = None, tokens: int = 0, every_ms: int = 0, stream: bool = False, **more: Any
    ) -> Asked:
        """Send a request; `asked.task` style waiting is `await client.done(asked)`."""
        number = uuid.uuid4().hex[:12]
        keeps_rows = more.pop("keeps_rows", True)
        asked = Asked(id=number, flow=flow, chat=more.pop("chat", f"chat-{number}"), tokens=tokens, is_stream=stream, keeps_rows=keeps_rows)
        question = (
            more.pop("question", "") or f"id={number} tokens={tokens} every_ms={every_ms}"
            if tokens
            else more.pop("question", f"id={number}")
        )
        body = {"question": question, "chatId": asked.chat, **({"streaming": True} if stream else {}), **more.pop("body", {})}
        asked.task = asyncio.create_task(self._send(asked, main or self.stack.mains[0], body, more.pop("headers", {})))  # type: ignore[attr-defined]
        self.asked.append(asked)
        return asked

    async def done(self, *asked: Asked) -> None:
        await asyncio.gather(*(one.task for one in asked))  # type: ignore[attr-defined]

    async def _send(self, asked: Asked, main: Process, body: dict[str, Any], headers: dict[str, str]) -> None:
        url = f"http://127.0.0.1:{main.port}/api/v1/prediction/{self.stack.flows[asked.flow]}"
        asked.sent = time.monotonic()
        try:
            async with asyncio.timeout(self._patience):
                async with self._session.post(url, json=body, headers=headers) as response:
                    await self._read(asked, response)
        except TimeoutError:
            asked.is_hung = True
        except (aiohttp.ClientError, OSError) as error:
            asked.failure = f"{type(error).__name__}: {error}"
        finally:
            asked.ended = time.monotonic()

    async def follow(self, asked: Asked, main: Process) -> None:
        """Come back to a stream that broke off, at another main, behind the last event that was got."""
        headers = {"Last-Event-ID": asked.ids[-1]} if asked.ids else {}
        url = f"http://127.0.0.1:{main.port}/api/v1/jobs/{asked.job_id}/events"
        try:
            async with asyncio.timeout(self._patience):
                async with self._session.get(url, headers=headers) as response:
                    await self._read(asked, response)
        except TimeoutError:
            asked.is_hung = True
        asked.ended = time.monotonic()

    async def abort(self, asked: Asked, main: Process) -> float:
        """Seconds until the request had ended, from the moment of the abort."""
        before = time.monotonic()
        async with self._session.put(
            f"http://127.0.0.1:{main.port}/api/v1/chatmessage/abort/{self.stack.flows[asked.flow]}/{asked.chat}"
        ) as response:
            assert response.status == 200
        await self.done(asked)
        return time.monotonic() - before

    async def _read(self, asked: Asked, response: aiohttp.ClientResponse) -> None:
        asked.status = response.status
        asked.headers |= {name.lower(): value for name, value in response.headers.items()}
        if response.content_type != "text/event-stream":
            asked.body = await response.text()
            return
        async for line in response.content:
            if line.startswith(b"id:"):
                asked.ids.append(line[3:].strip().decode())
            if line.startswith(b"data:"):
                event = json.loads(line[5:])
                asked.events.append(event)
                if event["event"] == "token":
                    asked.begun.set()
