"""Messages read aloud: the stream of a provider, who may ask, what goes wrong."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from quart.testing import QuartClient

from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpCall, HttpFailed, HttpResponse, HttpStream
from flowisectl.web.app import create_app
from flowisectl.web.services import WebServices
from flowisectl.web.streams.speech import OpenSpeeches, speech_events

INTERNAL = {"x-request-from": "internal"}


@dataclass
class ScriptedProvider:
    """Answers every call as a test scripts it, and keeps what it was asked."""

    pieces: list[bytes] = field(default_factory=lambda: [b"abc", b"def"])
    status: int = 200
    failure: HttpFailed | None = None
    calls: list[HttpCall] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    async def request(self, call: HttpCall) -> HttpResponse:
        self.calls.append(call)
        return HttpResponse(status=self.status, reason="", headers={}, body=b"".join(self.pieces))

    def stream(self, call: HttpCall) -> AbstractAsyncContextManager[HttpStream]:
        self.calls.append(call)
        return self._stream()

    @asynccontextmanager
    async def _stream(self) -> AsyncIterator[HttpStream]:
        if self.failure is not None:
            raise self.failure
        yield self

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    async def read(self) -> bytes:
        return b"".join(self.pieces)


@pytest.fixture
def provider() -> ScriptedProvider:
    return ScriptedProvider()


@pytest.fixture
def client(services: WebServices, provider: ScriptedProvider) -> QuartClient:
    return QuartClient(create_app(replace(services, outgoing=provider)), use_cookies=False)


@pytest.fixture
def make_speaker(admin: QuartClient, make_flow: Callable[..., Any]) -> Callable[..., Any]:
    async def make(name: str = "openai", **members: Any) -> str:
        body = {"name": "k", "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": "sk-1", "elevenLabsApiKey": "xi-1"}}
        credential = await (await admin.post("/api/v1/credentials", json=body, headers=INTERNAL)).get_json()
        entry = {"status": True, "credentialId": credential["id"], "voice": "nova"}
        row = await make_flow(textToSpeech=json.dumps({name: entry}), **{"isPublic": True, **members})
        return str(row["id"])

    return make


async def say(client: QuartClient, flow_id: str, **members: Any) -> tuple[Any, list[tuple[str, Any]]]:
    body = {"chatId": "c", "chatMessageId": "m", "chatflowId": flow_id, "text": "Hello", **members}
    answer = await client.post("/api/v1/text-to-speech/generate", json=body)
    frames = [frame for frame in (await answer.get_data(as_text=True)).split("\n\n") if frame]
    found = []
    for frame in frames:
        first, second = frame.split("\n")
        assert first.startswith("event: ") and second.startswith("data: ")
        found.append((first[7:], json.loads(second[6:])["data"]))
    return answer, found


async def test_a_public_flow_speaks(client: QuartClient, provider: ScriptedProvider, make_speaker: Callable[..., Any]) -> None:
    answer, frames = await say(client, await make_speaker())

    assert answer.status_code == 200 and answer.content_type == "text/event-stream"
    assert [name for name, _ in frames] == ["tts_start", "tts_data", "tts_data", "tts_end"]
    assert frames[0][1] == {"chatMessageId": "m", "format": "mp3"} and base64.b64decode(frames[1][1]["audioChunk"]) == b"abc"
    assert provider.calls[0].headers["authorization"] == "Bearer sk-1" and json.loads(provider.calls[0].body or b"")["voice"] == "nova"


async def test_elevenlabs_has_a_wire_of_its_own(client: QuartClient, provider: ScriptedProvider, make_speaker: Callable[..., Any]) -> None:
    _, frames = await say(client, await make_speaker("elevenlabs"))

    assert frames[-1][0] == "tts_end" and provider.calls[0].headers["xi-api-key"] == "xi-1" and "/nova/stream" in provider.calls[0].url


@pytest.mark.parametrize(
    ("members", "text"),
    [({"text": ""}, "text is required"), ({"chatflowId": ""}, "chatflowId is required"), ({"chatflowId": "x"}, "Invalid Chatflow ID")],
)
async def test_what_cannot_be_said_is_an_event(
    client: QuartClient, make_speaker: Callable[..., Any], members: dict[str, Any], text: str
) -> None:
    answer, frames = await say(client, await make_speaker(), **members)

    assert answer.status_code == 200 and frames == [("tts_error", {"error": text})]


async def test_a_private_flow_speaks_to_nobody_else(
    client: QuartClient, provider: ScriptedProvider, make_speaker: Callable[..., Any]
) -> None:
    _, frames = await say(client, await make_speaker(isPublic=False))

    assert frames == [("tts_error", {"error": "Unauthorized"})] and not provider.calls


async def test_a_page_that_the_flow_does_not_allow_hears_nothing(
    client: QuartClient, provider: ScriptedProvider, make_speaker: Callable[..., Any]
) -> None:
    flow_id = await make_speaker(chatbotConfig='{"allowedOrigins":["https://good.example"]}')

    body = {"chatId": "c", "chatMessageId": "m", "chatflowId": flow_id, "text": "Hello"}
    answer = await client.post("/api/v1/text-to-speech/generate", json=body, headers={"Origin": "https://bad.example"})

    assert "tts_error" in await answer.get_data(as_text=True) and not provider.calls


async def test_a_flow_without_provider_says_so(client: QuartClient, make_flow: Callable[..., Any]) -> None:
    row = await make_flow(isPublic=True)

    _, frames = await say(client, row["id"])

    assert frames == [("tts_error", {"error": "No text to speech provider is switched on"})]


async def test_a_provider_that_refuses_is_told(client: QuartClient, provider: ScriptedProvider, make_speaker: Callable[..., Any]) -> None:
    provider.status, provider.pieces = 401, [b"bad key"]

    _, frames = await say(client, await make_speaker())
    provider.failure = HttpFailed("no answer")
    _, later = await say(client, await make_speaker())

    assert frames[0][0] == "tts_error" and "status 401: bad key" in frames[0][1]["error"] and "no answer" in later[0][1]["error"]


async def test_a_speech_is_cut_off() -> None:
    speeches, gate = OpenSpeeches(), asyncio.Event()
    stop = speeches.begin(("c", "m"))

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        await gate.wait()
        yield b"two"

    events = speech_events(pieces(), "m", stop)
    first = [await anext(events), await anext(events)]
    assert speeches.abort(("c", "m")) and not speeches.abort(("c", "m"))
    gate.set()
    rest = [event async for event in events]

    assert b"tts_data" in first[1] and len(rest) == 1 and b"tts_abort" in rest[0]


async def test_an_error_in_the_middle_ends_with_an_event() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        raise ProviderError("cut", provider="openai")

    events = [event async for event in speech_events(pieces(), "m", asyncio.Event())]

    assert b"tts_error" in events[-1] and b"cut" in events[-1]


async def test_abort_answers_for_speeches_that_there_are_not(client: QuartClient) -> None:
    body = {"chatId": "c", "chatMessageId": "m", "chatflowId": "f"}

    answer = await client.post("/api/v1/text-to-speech/abort", json=body)
    missing = await client.post("/api/v1/text-to-speech/abort", json={})

    assert (await answer.get_json())["chatId"] == "c" and missing.status_code == 500 and "error" in await missing.get_json()


async def test_voices_of_a_provider(services: WebServices, provider: ScriptedProvider, anybody: QuartClient, key: dict[str, str]) -> None:
    client = QuartClient(create_app(replace(services, outgoing=provider)), use_cookies=False)

    answer = await client.get("/api/v1/text-to-speech/voices?provider=openai", headers=key)
    unknown = await client.get("/api/v1/text-to-speech/voices?provider=elevenlabs&credentialId=nope", headers=key)

    assert {"id": "nova", "name": "Nova"} in await answer.get_json() and unknown.status_code == 400
