"""Answers kept in a cache of Momento for equal questions (https://docs.momentohq.com/cache/develop/api-reference/http-api)."""

from __future__ import annotations

from urllib.parse import quote

from flowisectl.clients.rest import RestService
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient

SECONDS = 10.0
KEPT_SECONDS = 24 * 60 * 60
"""Momento keeps nothing without an end."""
_HOST = "api.cache."


def endpoint_url(given: str) -> str:
    """The address that an endpoint means, which may come without its scheme and without the first part of its host."""
    scheme, mark, host = given.strip().rstrip("/").rpartition("://")
    if mark:
        return f"{scheme}://{host}"
    return f"https://{host if host.startswith(_HOST) else _HOST + host}"


class MomentoTextCache:
    """Implements `interfaces.cache.TextCache`. A service that cannot be reached is an empty cache."""

    def __init__(self, http: HttpClient, *, endpoint: str, api_key: str, cache: str) -> None:
        self._service = RestService(
            http,
            provider="momento",
            base_url=f"{endpoint_url(endpoint)}/cache/{quote(cache, safe='')}",
            headers={"authorization": api_key, "content-type": "application/octet-stream"},
            secrets=(api_key,),
            timeout_seconds=SECONDS,
        )

    async def get(self, key: str) -> str | None:
        try:
            answer = await self._service.call("GET", "", query={"key": key}, accept=(404,))
        except ProviderError:
            return None
        return None if answer.status == 404 else answer.text

    async def put(self, key: str, text: str) -> None:
        try:
            await self._service.call("PUT", "", text.encode(), query={"key": key, "ttl_seconds": KEPT_SECONDS})
        except ProviderError:
            return
