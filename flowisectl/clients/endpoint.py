"""One provider's address: sends JSON, tries again within bounds, and turns every refusal into a ProviderError."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypedDict

import orjson

from flowisectl.clients.http_hop import HttpUnusable
from flowisectl.clients.secret_headers import secrets_in
from flowisectl.clients.sse import EventParser, StreamParser
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, Reach, Wanted
from flowisectl.interfaces.model_call import EMBEDDINGS, begin_call

SILENCE_SECONDS = 120.0
"""How long a streamed answer may say nothing, unless the node sets its own time-out."""
WHOLE_SECONDS = 300.0
"""How long an answer in one piece may take, unless the node sets its own time-out."""
RETRY_BUDGET_SECONDS = 10.0
"""No attempt begins later than this after the first one began."""
FIRST_PAUSE_SECONDS = 0.5
_MESSAGE_CHARS = 2000
_RETRYABLE = frozenset((408, 409, 429))

Pause = Callable[[float], Awaitable[None]]


class Patience(TypedDict, total=False):
    """How a ModelEndpoint waits and tries again; every client of a provider takes these and hands them on."""

    timeout_seconds: float | None
    """How long an answer in one piece may take, and how long a streamed one may say nothing."""
    max_retries: int
    on_retry: Callable[[str], None] | None
    """Is told of each repeated call, in one line."""
    pause: Pause
    """Waits so many seconds."""


class ModelEndpoint:
    """Where a provider is reached. `secrets`, and what secret headers carry, are cut out of every message, whoever wrote it.

    A call is tried again after no connection, a broken one, 408, 409, 429 and 5xx: at most `max_retries` times, only while
    nothing of the answer has been handed on, and only within RETRY_BUDGET_SECONDS; `on_retry` is told in one line each time.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str,
        headers: Mapping[str, str],
        secrets: Sequence[str] = (),
        timeout_seconds: float | None = None,
        max_retries: int = 2,
        on_retry: Callable[[str], None] | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.provider = provider
        self._http = http
        self._headers = {"content-type": "application/json", **headers}
        self._secrets = tuple(secret for secret in (*secrets, *secrets_in(headers)) if len(secret) >= 4)
        self._timeout_seconds = timeout_seconds
        self._max_retries = min(max(max_retries, 0), 2)
        self._on_retry = on_retry
        self._pause = pause

    async def post(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """The JSON of the answer. `headers` come on top of the endpoint's own. Raises ProviderError."""
        call = self._call(url, body, self._timeout_seconds or WHOLE_SECONDS, headers)
        started, tries = time.monotonic(), 0
        while True:
            try:
                answer = await self._http.request(call)
            except (HttpFailed, HttpDenied) as error:
                failure = self._failure(error)
            else:
                if answer.status < 300:
                    return self._json(answer.body)
                failure = self._refusal(answer.status, answer.headers, answer.body)
            await self._before_retry(failure, tries, started)
            tries += 1

    async def embed(self, url: str, body: Mapping[str, Any], model: str) -> Any:
        """As `post`; whoever keeps an eye on the run hears that embeddings were asked for. Raises ProviderError."""
        call = begin_call(self.provider, model, EMBEDDINGS)
        if call is None:
            return await self.post(url, body)
        try:
            answer = await self.post(url, body)
        except ProviderError as error:
            call.answered(provider=self.provider, model=model, status=error.status)
            raise
        call.answered(provider=self.provider, model=model, status=200, usage=_embedding_usage(answer))
        return answer

    async def events(
        self,
        url: str,
        body: Mapping[str, Any],
        parser: Callable[[], StreamParser] = EventParser,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[list[bytes], None]:
        """The events of a streamed answer, in lots. Raises ProviderError, also when the connection breaks in the middle."""
        call = self._call(url, body, self._timeout_seconds or SILENCE_SECONDS, headers)
        started, tries, has_begun = time.monotonic(), 0, False
        while True:
            try:
                async with self._http.stream(call) as answer:
                    if answer.status < 300:
                        parse = parser()
                        async for piece in answer:
                            if lot := parse.feed(piece):
                                has_begun = True
                                yield lot
                        if lot := parse.close():
                            yield lot
                        return
                    failure = self._refusal(answer.status, answer.headers, await answer.read())
            except (HttpFailed, HttpDenied) as error:
                failure = self._failure(error)
                if has_begun:
                    raise failure.error from error
            await self._before_retry(failure, tries, started)
            tries += 1

    async def listen(
        self,
        url: str,
        body: Mapping[str, Any],
        hear: Callable[[list[bytes]], Wanted],
        parser: Callable[[], StreamParser] = EventParser,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """As `events`, but `hear` is called with each lot as it comes, and says when it wants the next. Raises what `hear` raises."""
        call = self._call(url, body, self._timeout_seconds or SILENCE_SECONDS, headers)
        started, tries = time.monotonic(), 0
        while True:
            ear = _Ear(parser(), hear)
            try:
                async with self._http.stream(call) as answer:
                    if answer.status < 300:
                        await answer.pour(ear.take)
                        ear.close()
                        return
                    failure = self._refusal(answer.status, answer.headers, await answer.read())
            except (HttpFailed, HttpDenied) as error:
                failure = self._failure(error)
                if ear.has_begun:
                    raise failure.error from error
            await self._before_retry(failure, tries, started)
            tries += 1

    def error(self, message: str, status: int = 0) -> ProviderError:
        """A ProviderError of this provider, without its secrets and not too long."""
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return ProviderError(message[:_MESSAGE_CHARS], provider=self.provider, status=status)

    def cut(self) -> ProviderError:
        """What a stream that ends too early means."""
        return self.error(f"{self.provider}: the answer was cut off before its end")

    def _call(self, url: str, body: Mapping[str, Any], timeout_seconds: float, headers: Mapping[str, str] | None = None) -> HttpCall:
        sent = {**self._headers, **headers} if headers else self._headers
        return HttpCall(method="POST", url=url, headers=sent, body=_dumps(body), reach=Reach.ENDPOINT, timeout_seconds=timeout_seconds)

    def _json(self, body: bytes) -> Any:
        try:
            return orjson.loads(body)
        except ValueError as error:
            raise self.error(f"{self.provider} answered with something that is not JSON: {body[:200]!r}") from error

    def _failure(self, error: Exception) -> Failure:
        refused = isinstance(error, HttpDenied)
        told = self.error(str(error) if refused else f"{self.provider}: {error}")
        told.__cause__ = error
        return Failure(error=told, can_pass=not refused and not isinstance(error, HttpUnusable))

    def _refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        message, code = _provider_message(body)
        can_pass = (status in _RETRYABLE or status >= 500) and code != "insufficient_quota"
        return Failure(error=self.error(f"{status} {message}", status), can_pass=can_pass, wait_seconds=_asked_wait(headers))

    async def _before_retry(self, failure: Failure, tries: int, started: float) -> None:
        """Wait until the next attempt; raises the failure when there shall be none."""
        if tries >= self._max_retries or not failure.can_pass:
            raise failure.error
        wait = failure.wait_seconds
        if wait is None:
            wait = FIRST_PAUSE_SECONDS * 2**tries * random.uniform(0.75, 1.0)
        if time.monotonic() - started + wait > RETRY_BUDGET_SECONDS:
            raise failure.error
        if self._on_retry:
            self._on_retry(f"{self.provider}: trying again in {wait:.1f} s after: {failure.error}")
        await self._pause(wait)


def key_headers(api_key: str, key_header: str = "authorization") -> dict[str, str]:
    """The header that carries a key; none for an empty key."""
    key = api_key.strip()
    if not key:
        return {}
    return {key_header: f"Bearer {key}" if key_header == "authorization" else key}


class _Ear:
    """Takes the pieces of one streamed answer, and has its events heard."""

    def __init__(self, parser: StreamParser, hear: Callable[[list[bytes]], Wanted]) -> None:
        self.has_begun = False
        self._feed, self._close = parser.feed, parser.close
        self._hear = hear
        self._wanted = Wanted.AT_ONCE

    def take(self, piece: bytes) -> Wanted:
        if lot := self._feed(piece):
            self.has_begun = True
            self._wanted = self._hear(lot)
        return self._wanted

    def close(self) -> None:
        """The body is at its end, or nothing more is wanted."""
        if self._wanted is not Wanted.NOTHING and (lot := self._close()):
            self._hear(lot)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An attempt that did not work."""

    error: ProviderError
    can_pass: bool
    """The same call may well work a moment later."""
    wait_seconds: float | None = None
    """How long the provider asks to wait."""


def _dumps(body: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # integers over 64 bits, halves of surrogate pairs
        return json.dumps(body, separators=(",", ":")).encode()


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks to wait: `retry-after-ms`, or `retry-after` as seconds or as a date."""
    milliseconds, text = headers.get("retry-after-ms", ""), headers.get("retry-after", "")
    try:
        if milliseconds:
            return max(float(milliseconds) / 1000, 0.0)
        return max(float(text), 0.0) if text else None
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return None


def _provider_message(body: bytes) -> tuple[str, str]:
    """What the provider says was wrong, and its error code. Providers differ: see the shapes below."""
    text = body[:_MESSAGE_CHARS].decode("utf-8", "replace").strip()
    try:
        data = orjson.loads(body)
    except ValueError:
        return (text or "status code (no body)"), ""
    if isinstance(data, list) and data:  # Google, when streaming: [{"error": {…}}]
        data = data[0]
    if not isinstance(data, dict):
        return (text or "status code (no body)"), ""
    error = data.get("error")
    if isinstance(error, dict):  # OpenAI, Anthropic, Google: {"error": {"message", "code"}}
        message = error.get("message")
        code = str(error.get("code") or error.get("type") or "")
        return (message if isinstance(message, str) and message else orjson.dumps(error).decode()), code
    for candidate in (error, data.get("message"), data.get("detail")):  # Ollama; Cohere, Mistral; FastAPI servers
        if isinstance(candidate, str) and candidate:
            return candidate, ""
    return text, ""


def _embedding_usage(answer: Any) -> Mapping[str, Any] | None:
    """`{input_tokens}`, where the provider counted them as OpenAI's API or Ollama's does."""
    if not isinstance(answer, Mapping):
        return None
    usage = answer.get("usage")
    tokens = usage.get("prompt_tokens") if isinstance(usage, Mapping) else answer.get("prompt_eval_count")
    return {"input_tokens": tokens} if isinstance(tokens, int) else None
