"""Text → speech at providers: MP3 bytes as they come. Wires: OpenAI `/v1/audio/speech`, ElevenLabs `/v1/text-to-speech/:voice/stream`.

Sources: https://platform.openai.com/docs/api-reference/audio/createSpeech and
https://elevenlabs.io/docs/api-reference/text-to-speech/stream
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from flowisectl.errors import InvalidRequest, ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, Reach

PROVIDERS = ("openai", "elevenlabs")
BASES = {"openai": "https://api.openai.com", "elevenlabs": "https://api.elevenlabs.io"}
KEY_FIELDS = {"openai": "openAIApiKey", "elevenlabs": "elevenLabsApiKey"}
"""The field of the credential that holds the key."""
LONGEST_TEXT = 4096
SILENCE_SECONDS = 60.0
OPENAI_VOICES = ("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")


@dataclass(frozen=True, kw_only=True)
class Speech:
    """What shall be said, and how."""

    provider: str
    key: str = field(repr=False)
    text: str
    voice: str = ""
    model: str = ""


async def spoken(speech: Speech, client: HttpClient, bases: Mapping[str, str] = BASES) -> AsyncIterator[bytes]:
    """The MP3 in pieces. Raises InvalidRequest for what cannot be asked, ProviderError."""
    if not speech.text.strip() or len(speech.text) > LONGEST_TEXT:
        raise InvalidRequest(f"text must have 1 to {LONGEST_TEXT} characters")
    try:
        async with client.stream(_call(speech, bases)) as answer:
            if answer.status >= 400:
                reason = (await answer.read())[:500].decode("utf-8", "replace")
                raise ProviderError(f"{speech.provider}: status {answer.status}: {reason}", provider=speech.provider, status=answer.status)
            async for piece in answer:
                yield piece
    except (HttpFailed, HttpDenied) as error:
        raise ProviderError(f"{speech.provider}: {error}", provider=speech.provider) from error


async def voices_of(provider: str, key: str, client: HttpClient, bases: Mapping[str, str] = BASES) -> list[dict[str, str]]:
    """`{id, name, category?}` of each voice. Raises InvalidRequest, ProviderError."""
    if provider == "openai":
        return [{"id": name, "name": name.capitalize()} for name in OPENAI_VOICES]
    _check(provider, key)
    call = HttpCall(
        method="GET", url=f"{bases[provider]}/v1/voices", headers={"xi-api-key": key}, reach=Reach.ENDPOINT, timeout_seconds=30.0
    )
    try:
        answer = await client.request(call)
    except (HttpFailed, HttpDenied) as error:
        raise ProviderError(f"{provider}: {error}", provider=provider) from error
    if answer.status >= 400:
        raise ProviderError(f"{provider}: status {answer.status}: {answer.text[:300]}", provider=provider, status=answer.status)
    try:
        listed = orjson.loads(answer.body).get("voices") or []
        return [{"id": str(item["voice_id"]), "name": str(item["name"]), "category": str(item.get("category") or "")} for item in listed]
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise ProviderError(f"{provider}: its list of voices cannot be read", provider=provider) from error


def _call(speech: Speech, bases: Mapping[str, str]) -> HttpCall:
    _check(speech.provider, speech.key)
    if speech.provider == "openai":
        url = f"{bases['openai']}/v1/audio/speech"
        headers = {"authorization": f"Bearer {speech.key}"}
        body = {
            "model": speech.model or "gpt-4o-mini-tts",
            "voice": speech.voice or "alloy",
            "input": speech.text,
            "response_format": "mp3",
        }
    else:
        voice = quote(speech.voice or "21m00Tcm4TlvDq8ikWAM", safe="")
        url = f"{bases['elevenlabs']}/v1/text-to-speech/{voice}/stream?output_format=mp3_44100_128"
        headers = {"xi-api-key": speech.key}
        body = {"text": speech.text, "model_id": speech.model or "eleven_multilingual_v2"}
    return HttpCall(
        method="POST",
        url=url,
        headers={**headers, "content-type": "application/json"},
        body=orjson.dumps(body),
        reach=Reach.ENDPOINT,
        timeout_seconds=SILENCE_SECONDS,
    )


def _check(provider: str, key: str) -> None:
    if provider not in PROVIDERS:
        raise InvalidRequest(f"speech provider {provider!r} is not supported: choose one of {', '.join(PROVIDERS)}")
    if not key:
        raise InvalidRequest(f"the credential for {provider} has no {KEY_FIELDS[provider]}")
