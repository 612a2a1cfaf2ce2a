"""The other server: a prediction is asked of it as any client would, in a chat of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from flowisectl.cli.failure import CommandFailed
from flowisectl.cli.shadowing.report import Answer

TIMEOUT_SECONDS = 310.0
LARGEST_BYTES = 32 * 1024 * 1024
CHAT_PREFIX = "shadow-"
"""Chats made for a comparison begin like this, so that people can tell and delete them."""
_NOT_SENT = ("leadEmail", "chatId")


class OtherServerFailed(Exception):
    """It gave no answer that can be compared; the text says why."""


class OtherServer:
    def __init__(self, session: aiohttp.ClientSession, url: str, api_key: str) -> None:
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._salt = uuid.uuid4()

    def chat_of(self, chat_id: str) -> str:
        """The chat there that stands for a chat here; another one each time the command runs."""
        return f"{CHAT_PREFIX}{uuid.uuid5(self._salt, chat_id)}"

    async def ping(self) -> None:
        """Raises CommandFailed when nobody answers."""
        try:
            async with self._session.get(f"{self._url}/api/v1/ping", allow_redirects=False) as response:
                if response.status != 200:
                    raise CommandFailed(f"{self._url}/api/v1/ping answers {response.status}: is this a Flowise?")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise CommandFailed(f"no server answers at {self._url} ({error or type(error).__name__}): check --against") from error

    async def ask(self, flow_id: str, chat_id: str, body: Mapping[str, Any], *, wants_stream: bool) -> Answer:
        """Raises OtherServerFailed."""
        sent = {name: value for name, value in body.items() if name not in _NOT_SENT}
        sent |= {"chatId": self.chat_of(chat_id), "streaming": wants_stream}
        if isinstance(override := sent.get("overrideConfig"), Mapping) and "sessionId" in override:
            sent["overrideConfig"] = {**override, "sessionId": sent["chatId"]}
        try:
            address = f"{self._url}/api/v1/prediction/{flow_id}"
            async with self._session.post(address, json=sent, headers=self._headers, allow_redirects=False) as response:
                data = await _read(response)
                is_stream = "text/event-stream" in response.headers.get("Content-Type", "")
                return _streamed(data) if is_stream else _whole(response.status, data)
        except TimeoutError as error:
            raise OtherServerFailed(f"no answer within {TIMEOUT_SECONDS:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise OtherServerFailed(f"no answer ({type(error).__name__})") from error


@asynccontextmanager
async def open_other_server(url: str, api_key: str) -> AsyncIterator[OtherServer]:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield OtherServer(session, url.rstrip("/"), api_key)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts, total = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        total += len(part)
        if total > LARGEST_BYTES:
            raise OtherServerFailed(f"its answer is larger than {LARGEST_BYTES >> 20} MB")
    return b"".join(parts)


def _whole(status: int, data: bytes) -> Answer:
    if status in (401, 403):
        raise OtherServerFailed(f"it answers {status}: give its API key in the variable that --key-variable names")
    if status in (404, 429):
        raise OtherServerFailed(f"it answers {status}")
    if status >= 400:
        return Answer(status=status)
    try:
        return Answer(status=status, body=json.loads(data))
    except ValueError:
        return Answer(status=status, body=data.decode("utf-8", "replace"))


def _streamed(data: bytes) -> Answer:
    """A stream as an answer: its text from the tokens, the rest from `metadata`."""
    kinds: list[str] = []
    body: dict[str, Any] = {}
    text: list[str] = []
    for line in data.splitlines():
        if not line.startswith(b"data:"):
            continue
        try:
            event = json.loads(line[5:])
        except ValueError:
            continue
        kind, value = str(event.get("event", "")), event.get("data")
        kinds.append(kind)
        if kind == "token" and isinstance(value, str):
            text.append(value)
        elif kind == "metadata" and isinstance(value, dict):
            body |= value
    if "end" not in kinds:
        raise OtherServerFailed("its stream broke off before its end")
    return Answer(status=500 if "error" in kinds else 200, body={"text": "".join(text), **body}, is_stream=True, kinds=tuple(kinds))
