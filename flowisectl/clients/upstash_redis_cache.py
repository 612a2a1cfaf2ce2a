"""Answers kept in an Upstash Redis for equal questions, over its REST API (https://upstash.com/docs/redis/features/restapi)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.errors import ProviderError
from flowisectl.interfaces.http import HttpClient

SECONDS = 10.0


class UpstashTextCache:
    """Implements `interfaces.cache.TextCache`. A service that cannot be reached is an empty cache."""

    def __init__(self, http: HttpClient, *, url: str, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"}
        self._service = RestService(http, provider="upstash", base_url=url, headers=headers, secrets=(token,), timeout_seconds=SECONDS)

    async def get(self, key: str) -> str | None:
        found = await self._ask("GET", key)
        return found if isinstance(found, str) else None

    async def put(self, key: str, text: str) -> None:
        await self._ask("SET", key, text)

    async def _ask(self, *command: str) -> Any:
        """The result of a command; None when it failed."""
        try:
            answer = await self._service.json("POST", "/", list(command))
        except ProviderError:
            return None
        return answer.get("result") if isinstance(answer, Mapping) else None
