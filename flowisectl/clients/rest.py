"""A service with a JSON API: sends requests and turns every refusal into a ProviderError without its secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, HttpResponse, Reach

SECONDS = 60.0
_MESSAGE_CHARS = 1000


class RestService:
    """`secrets` are cut out of every message. A `reach` of ENDPOINT is for addresses that the flow's author wrote down."""

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
    ) -> None:
        self.provider = provider
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._headers = dict(headers or {})
        self._secrets = [secret for secret in secrets if len(secret) >= 4]
        self._reach = reach
        self._timeout = timeout_seconds

    async def call(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None, accept: Sequence[int] = ()
    ) -> HttpResponse:
        """The answer: a success, or one of the statuses in `accept`. Raises ProviderError."""
        url = f"{self._base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"accept": "application/json", **self._headers}
        data = None
        if body is not None:
            headers = {"content-type": "application/json", **headers}
            data = orjson.dumps(body)
        request = HttpCall(method=method, url=url, headers=headers, body=data, reach=self._reach, timeout_seconds=self._timeout)
        try:
            response = await self._http.request(request)
        except (HttpFailed, HttpDenied) as error:
            raise self.error(f"{self.provider}: {error}") from error
        if not 200 <= response.status < 300 and response.status not in accept:
            raise self.error(f"{self.provider} refused the request: {response.status} {_said(response)}", response.status)
        return response

    async def json(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None, accept: Sequence[int] = ()
    ) -> Any:
        """The JSON of the answer; None for an empty one. Raises ProviderError."""
        response = await self.call(method, path, body, query=query, accept=accept)
        if not response.body.strip():
            return None
        try:
            return orjson.loads(response.body)
        except ValueError as error:
            raise self.error(f"{self.provider} answered with something that is not JSON: {response.text[:200]!r}") from error

    def error(self, message: str, status: int = 0) -> ProviderError:
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return ProviderError(message[:_MESSAGE_CHARS], provider=self.provider, status=status)


def _said(response: HttpResponse) -> str:
    """What the service says was wrong: the member that services put it in, else the body."""
    try:
        data = orjson.loads(response.body)
    except ValueError:
        return response.text.strip()[:_MESSAGE_CHARS] or response.reason
    for name in ("error", "message", "detail", "errors", "status"):
        value = data.get(name) if isinstance(data, dict) else None
        if isinstance(value, Mapping):
            value = value.get("message") or value.get("error") or orjson.dumps(value).decode()
        if isinstance(value, str) and value:
            return value
    return response.text.strip()[:_MESSAGE_CHARS]
