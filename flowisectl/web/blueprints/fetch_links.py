"""GET /fetch-links — the addresses of a site's pages, for whoever chooses what a loader is to read."""

from __future__ import annotations

import asyncio

from quart import Blueprint, Response, request

from flowisectl.clients.web_crawl import MAX_PAGES, WebCrawl
from flowisectl.web.answers import json_answer
from flowisectl.web.errors import HttpError, service_text
from flowisectl.web.services import current_services

blueprint = Blueprint("fetch_links", __name__)

SERVICE = "fetchLinksService.getAllLinks"
DEFAULT_LIMIT, LONGEST_URL = 10, 2048
SECONDS = 60.0


@blueprint.get("/fetch-links")
async def listing() -> Response:
    """`{status: "OK", links}`, found by following links (`relativeLinksMethod=webCrawl`) or in the site's sitemap
    (`scrapeXMLSitemap`); `limit` is 10 unless it is given, 0 means as many as there are."""
    services, url = current_services(), request.args.get("url", "").replace("&amp;", "&")
    method = request.args.get("relativeLinksMethod", "")
    if not url:
        raise HttpError(412, "Error: fetchLinksController.getAllLinks - url not provided!")
    if not method:
        raise HttpError(412, "Error: fetchLinksController.getAllLinks - relativeLinksMethod not provided!")
    if services.outgoing is None or not url.startswith(("http://", "https://")) or len(url) > LONGEST_URL:
        raise HttpError(500, service_text(SERVICE, "url must be an http or https address that this server may call"))
    limit = _limit(request.args.get("limit", ""))
    problems: list[str] = []
    crawl = WebCrawl(services.outgoing, on_failure=problems.append, timeout_seconds=SECONDS / 4)
    try:
        async with asyncio.timeout(SECONDS):
            links = await (_of_sitemap(crawl, url) if method == "scrapeXMLSitemap" else _of_pages(crawl, url, limit))
    except TimeoutError as error:
        raise HttpError(500, service_text(SERVICE, f"{url} was not read within {SECONDS:g} s: ask for fewer links")) from error
    if not links and problems:
        raise HttpError(500, service_text(SERVICE, problems[0]))
    return json_answer({"status": "OK", "links": links[:limit]})


def _limit(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else DEFAULT_LIMIT
    return min(number or MAX_PAGES, MAX_PAGES)


async def _of_sitemap(crawl: WebCrawl, url: str) -> list[str]:
    from flowisectl.retrieval.web_page import sitemap_addresses  # the parser behind it is large, and this is rarely asked for

    return sitemap_addresses(await crawl.fetch(url if url.endswith(".xml") else f"{url.rstrip('/')}/sitemap.xml") or "")


async def _of_pages(crawl: WebCrawl, url: str, limit: int) -> list[str]:
    from flowisectl.retrieval.web_page import read_page, same_site

    async def links(address: str, html: str) -> list[str]:
        page = await asyncio.to_thread(read_page, html, address)
        return [link for link in page.links if same_site(url, link)]

    return [address for address, _ in await crawl.follow(url, links, max_pages=limit)]
