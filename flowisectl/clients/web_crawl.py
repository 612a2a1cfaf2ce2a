"""Fetching web pages, one or many, as a polite visitor: a few at a time, bounded in size, time and number."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from flowisectl.interfaces.http import HttpCall, HttpClient, HttpDenied, HttpFailed, HttpResponse

MAX_PAGE_BYTES = 10_000_000
MAX_PAGES = 1000
"""Of one crawl, whatever its limit says."""
AT_ONCE = 5
PAGE_SECONDS = 30.0
_HEADERS = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,text/plain;q=0.8"}
_READABLE = ("text/", "application/xhtml", "application/xml", "application/json")

Links = Callable[[str, str], Awaitable[Sequence[str]]]
"""The address and the HTML of a page → the addresses to go on with."""


class WebCrawl:
    """Addresses are those of strangers: the whole deny list holds. `on_failure` is told why a page is left out."""

    def __init__(self, http: HttpClient, *, on_failure: Callable[[str], None], timeout_seconds: float = PAGE_SECONDS) -> None:
        self._http = http
        self._on_failure = on_failure
        self._timeout = timeout_seconds
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def fetch(self, url: str) -> str | None:
        """The text of a page; None for one that cannot be read, and for PDF files."""
        if url.partition("?")[0].lower().endswith(".pdf"):
            self._on_failure(f"page {url} is a PDF file and is left out")
            return None
        try:
            async with self._gate:
                return await fetch_text(self._http, url, timeout_seconds=self._timeout)
        except PageFailed as error:
            self._on_failure(f"page {url} is left out: {error}")
            return None

    async def fetch_all(self, urls: Sequence[str]) -> list[tuple[str, str]]:
        """(address, text) of the pages that can be read, in order."""
        chosen = list(dict.fromkeys(urls))[:MAX_PAGES]
        texts = await asyncio.gather(*(self.fetch(url) for url in chosen))
        return [(url, text) for url, text in zip(chosen, texts, strict=True) if text is not None]

    async def follow(self, start: str, links: Links, *, max_pages: int = 0, max_depth: int = 0) -> list[tuple[str, str]]:
        """The pages that can be reached from one, breadth first; 0 means no limit of its own."""
        limit = min(max_pages or MAX_PAGES, MAX_PAGES)
        found: list[tuple[str, str]] = []
        seen, level, depth = {start}, [start], 0
        while level and len(found) < limit:
            pages = await self.fetch_all(level[: limit - len(found)])
            found += pages
            depth += 1
            if max_depth and depth > max_depth:
                break
            level = []
            for url, text in pages:
                for link in await links(url, text):
                    if link not in seen and len(seen) < 20 * MAX_PAGES:
                        seen.add(link)
                        level.append(link)
        return found


class PageFailed(Exception):
    """A page cannot be read; the text says why."""


async def fetch_text(http: HttpClient, url: str, *, timeout_seconds: float = PAGE_SECONDS, any_type: bool = False) -> str:
    """The text at an address. Raises PageFailed."""
    call = HttpCall(method="GET", url=url, headers=_HEADERS, timeout_seconds=timeout_seconds, max_bytes=MAX_PAGE_BYTES)
    try:
        response = await http.request(call)
    except (HttpFailed, HttpDenied) as error:
        raise PageFailed(str(error)) from error
    if not 200 <= response.status < 300:
        raise PageFailed(f"HTTP Error {response.status}: {response.reason}")
    kind = response.headers.get("content-type", "text/html").lower()
    if not any_type and not kind.startswith(_READABLE):
        raise PageFailed(f"its content is {kind}, which is no text")
    return text_of(response)


def text_of(response: HttpResponse) -> str:
    """The body in the character set that its header names, else as UTF-8."""
    _, _, charset = response.headers.get("content-type", "").lower().partition("charset=")
    try:
        return response.body.decode(charset.partition(";")[0].strip("\"' ") or "utf-8", "replace")
    except LookupError:
        return response.text
