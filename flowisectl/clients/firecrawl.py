"""Reading web pages with Firecrawl (https://docs.firecrawl.dev/api-reference/v1-introduction)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from flowisectl.clients.rest import RestService
from flowisectl.clients.waiting import when_done
from flowisectl.interfaces.http import HttpClient

SECONDS = 120.0
CRAWL_SECONDS = 1800.0
MAX_PAGES = 10_000
_FAILED = frozenset(("failed", "cancelled"))
_MARKDOWN = {"formats": ["markdown"]}


class Firecrawl:
    """Pages come as `{markdown, metadata, …}`."""

    def __init__(self, http: HttpClient, *, token: str, url: str) -> None:
        headers = {"authorization": f"Bearer {token}"}
        self._service = RestService(
            http, provider="firecrawl", base_url=url, headers=headers, secrets=(token,), timeout_seconds=SECONDS, retries=2
        )

    async def scrape(self, url: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """One page. Raises ProviderError."""
        answer = self._checked(await self._service.json("POST", "/v1/scrape", {"url": url, **_MARKDOWN, **options}))
        data = answer.get("data")
        return data if isinstance(data, Mapping) else {}

    async def crawl(self, url: str, options: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """A page and those that it leads to. Raises ProviderError."""
        request = {"url": url, **options, "scrapeOptions": _MARKDOWN}
        answer = await self._ended(f"/v1/crawl/{await self._job('/v1/crawl', request)}", "the crawl")
        pages = _items(answer.get("data"))
        while (more := answer.get("next")) and len(pages) < MAX_PAGES:
            parts = urlsplit(str(more))  # only where it goes on, never another host
            answer = self._checked(await self._service.json("GET", f"/{parts.path.lstrip('/')}?{parts.query}"))
            found = _items(answer.get("data"))
            if not found:
                break
            pages += found
        return pages[:MAX_PAGES]

    async def extract(self, urls: Sequence[str], *, prompt: str, schema: Any) -> Any:
        """What a model reads out of pages, in the form of a JSON Schema. Raises ProviderError."""
        request = {"urls": list(urls), **({"prompt": prompt} if prompt else {}), **({"schema": schema} if schema else {})}
        answer = await self._ended(f"/v1/extract/{await self._job('/v1/extract', request)}", "the extraction")
        return answer.get("data")

    async def search(self, query: str, options: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Finds of a web search, as `{title, url, description, markdown?, metadata?}`. Raises ProviderError."""
        answer = self._checked(await self._service.json("POST", "/v1/search", {"query": query, **options, "scrapeOptions": _MARKDOWN}))
        return _items(answer.get("data"))

    async def _job(self, path: str, request: Mapping[str, Any]) -> str:
        answer = self._checked(await self._service.json("POST", path, request))
        return quote(str(answer.get("id") or ""), safe="")

    async def _ended(self, path: str, what: str) -> Mapping[str, Any]:
        async def ended() -> Mapping[str, Any] | None:
            answer = self._checked(await self._service.json("GET", path))
            if answer.get("status") in _FAILED:
                raise self._service.error(f"firecrawl: {what} {answer['status']}: {answer.get('error') or 'it does not say why'}")
            return answer if answer.get("status") == "completed" else None

        return await when_done(ended, provider="firecrawl", what=what, seconds=CRAWL_SECONDS)

    def _checked(self, answer: Any) -> Mapping[str, Any]:
        """Firecrawl may say in the body of a success that it failed."""
        if not isinstance(answer, Mapping) or answer.get("success") is False:
            said = answer.get("error") if isinstance(answer, Mapping) else None
            raise self._service.error(f"firecrawl refused the request: {said or 'it does not say why'}")
        return answer


def _items(data: Any) -> list[Mapping[str, Any]]:
    return [item for item in data if isinstance(item, Mapping)] if isinstance(data, list) else []
