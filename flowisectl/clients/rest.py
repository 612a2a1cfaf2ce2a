"""A service with a JSON API: sends requests and turns every refusal into a ProviderError without its secrets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from flowisectl.clients.secret_headers import secrets_in
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, HttpResponse, Reach
from flowisectl.interfaces.url_text import climbs

SECONDS = 60.0
RETRY_SECONDS = 10.0
"""What all pauses before further attempts of one request may take together."""
_FIRST_PAUSE = 0.5
_BUSY = frozenset((429, 503))
_MESSAGE_CHARS = 1000


class RestService:
    """`secrets`, and what secret headers carry, are cut out of every message. A `reach` of ENDPOINT is for addresses that the flow's
    author wrote down.

    A request that a busy service has not taken (429, 503) is sent again, `retries` times, within RETRY_SECONDS. `trusted` are
    certificates (PEM) of authorities to trust beside the machine's own.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        provider: str,
        base_url: str = "",
        headers: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        reach: Reach = Reach.ENDPOINT,
        timeout_seconds: float = SECONDS,
        retries: int = 0,
        trusted: bytes = b"",
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.provider = provider
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._headers = dict(headers or {})
        self._secrets = [secret for secret in (*secrets, *secrets_in(self._headers)) if len(secret) >= 4]
        self._reach = reach
        self._timeout = timeout_seconds
        self._retries = min(max(retries, 0), 2)
        self._trusted = trusted
        self._pause = pause

    async def call(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None, accept: Sequence[int] = ()
    ) -> HttpResponse:
        """The answer: a success, or one of the statuses in `accept`. Bytes are sent as they are. Raises ProviderError."""
        url = self._address(path, query)
        headers = {"accept": "application/json", **self._headers}
        data = None
        if body is not None:
            headers = {"content-type": "application/json", **headers}
            data = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self.send(self._request(method, url, headers, body=data), accept)

    async def form(self, path: str, form: Mapping[str, Any]) -> Any:
        """The JSON of the answer to a form, which may carry files. Raises ProviderError."""
        headers = {"accept": "application/json", **self._headers}
        url = self._address(path)
        return self.read(await self.send(self._request("POST", url, headers, form=form)))

    async def upload(self, method: str, path: str, data: bytes, media_type: str, *, query: Mapping[str, Any] | None = None) -> Any:
        """The JSON of the answer to a body that is no JSON. Raises ProviderError."""
        url = self._address(path, query)
        headers = {"accept": "application/json", **self._headers, "content-type": media_type}
        return self.read(await self.send(self._request(method, url, headers, body=data)))

    def _request(self, method: str, url: str, headers: Mapping[str, str], **content: Any) -> HttpCall:
        return HttpCall(
            method=method, url=url, headers=headers, reach=self._reach, timeout_seconds=self._timeout, trusted=self._trusted, **content
        )

    async def send(self, request: HttpCall, accept: Sequence[int] = ()) -> HttpResponse:
        """The answer to a whole request. Raises ProviderError."""
        pause, left = _FIRST_PAUSE, RETRY_SECONDS
        for attempt in range(self._retries + 1):
            try:
                response = await self._http.request(request)
            except (HttpFailed, HttpDenied) as error:
                raise self.error(f"{self.provider}: {error}") from error
            wait = _asked_pause(response) or pause
            if response.status not in _BUSY or response.status in accept or attempt == self._retries or wait > left:
                break
            await self._pause(wait)
            pause, left = pause * 2, left - wait
        if not 200 <= response.status < 300 and response.status not in accept:
            raise self.error(f"{self.provider} refused the request: {response.status} {_said(response)}", response.status)
        return response

    async def json(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None, accept: Sequence[int] = ()
    ) -> Any:
        """The JSON of the answer; None for an empty one. Raises ProviderError."""
        return self.read(await self.call(method, path, body, query=query, accept=accept))

    def read(self, response: HttpResponse) -> Any:
        """The JSON of an answer; None for an empty one. Raises ProviderError."""
        if not response.body.strip():
            return None
        try:
            return orjson.loads(response.body)
        except ValueError as error:
            raise self.error(f"{self.provider} answered with something that is not JSON: {response.text[:200]!r}") from error

    def _address(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """Paths are made of ids, which must not lead to another place than the method is meant for. Raises ProviderError."""
        if climbs(path):
            raise self.error(f"{self.provider}: an id or a name is '.' or '..', which is none: give the right one")
        return f"{self._base_url}{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")

    def error(self, message: str, status: int = 0) -> ProviderError:
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return ProviderError(message[:_MESSAGE_CHARS], provider=self.provider, status=status)


def _asked_pause(response: HttpResponse) -> float:
    """The seconds that the service asks to wait for, 0 when it does not say."""
    try:
        return max(float(response.headers.get("retry-after", "")), 0.0)
    except ValueError:
        return 0.0


def _said(response: HttpResponse) -> str:
    """What the service says was wrong: the member that services put it in, else the body."""
    try:
        data = orjson.loads(response.body)
    except ValueError:
        return response.text.strip()[:_MESSAGE_CHARS] or response.reason
    for name in ("error", "message", "detail", "errors", "status"):
        value = data.get(name) if isinstance(data, dict) else None
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, Mapping):
            value = value.get("message") or value.get("msg") or value.get("error") or orjson.dumps(value).decode()
        if isinstance(value, str) and value:
            return value
    return response.text.strip()[:_MESSAGE_CHARS]
