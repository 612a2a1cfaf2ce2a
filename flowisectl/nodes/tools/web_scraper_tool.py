"""Reads web pages for an agent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson

from flowisectl.clients.web_crawl import MAX_PAGES, PageFailed, WebCrawl, fetch_text
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool
from flowisectl.retrieval.web_page import read_page, same_site, sitemap_addresses

DESCRIPTION = (
    "Reads a web page, and pages of the same site that it leads to. The input is the whole address, with http:// or https://. "
    "Gives a JSON list of pages with url, title, description and body_text."
)


class WebScraperTool(Node):
    definition = NodeDefinition(
        name="webScraperTool",
        label="Web Scraper Tool",
        category="Tools",
        version=1.1,
        base_classes=("Tool", "Tool", "StructuredTool", "Runnable"),
        description="Reads web pages for an agent",
        inputs=(
            NodeParam(
                "scrapeMode",
                "Scraping Mode",
                "options",
                default="recursive",
                options=(Option("Recursive Link Following", "recursive"), Option("Sitemap", "sitemap")),
                additional=True,
            ),
            NodeParam("maxDepth", "Max Depth", "number", default=1, optional=True, additional=True),
            NodeParam("maxPages", "Max Pages", "number", default=10, optional=True, additional=True),
            NodeParam("timeoutS", "Timeout (s)", "number", default=60, optional=True, additional=True),
            NodeParam("description", "Tool Description", "string", optional=True, rows=4, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        depth, most = inputs.integer("maxDepth") or 1, inputs.integer("maxPages", 10 if "maxPages" not in inputs.values else 0) or 0
        by_sitemap = inputs.text("scrapeMode", "recursive") == "sitemap"
        seconds = inputs.number("timeoutS") or 60.0

        async def scrape(address: str) -> str:
            url = address.strip().strip("\"'<>")
            if not url.startswith(("http://", "https://")):
                return _error(url, "the address must begin with http:// or https://")
            failures: list[str] = []
            crawl = WebCrawl(context.http, on_failure=failures.append, timeout_seconds=seconds)
            pages: list[tuple[str, str]] = []
            if by_sitemap:
                pages = await crawl.fetch_all((await _sitemap(url, context, seconds))[: most or MAX_PAGES])
            if not pages:
                pages = await crawl.follow(url, _links, max_pages=most, max_depth=depth - 1) if depth > 1 else await crawl.fetch_all([url])
            if not pages:
                return _error(url, failures[0] if failures else "the page cannot be read")
            shown = await asyncio.to_thread(lambda: [_shown(page_url, html) for page_url, html in pages])
            return orjson.dumps(shown).decode()

        return search_tool("web_scraper_tool", inputs.wording("description", DESCRIPTION), scrape, about="The whole address of the page")


async def _links(url: str, html: str) -> Sequence[str]:
    page = await asyncio.to_thread(read_page, html, url)
    return [link for link in page.links if same_site(url, link)]


async def _sitemap(url: str, context: RunContext, seconds: float) -> list[str]:
    root = "/".join(url.split("/", 3)[:3])
    try:
        return sitemap_addresses(await fetch_text(context.http, f"{root}/sitemap.xml", timeout_seconds=seconds, any_type=True))
    except PageFailed as error:
        context.trace.note(f"{root} has no sitemap: {error}")
        return []


def _shown(url: str, html: str) -> dict[str, Any]:
    page = read_page(html, url)
    return {"url": url, "title": page.title, "description": page.description, "body_text": page.text}


def _error(url: str, text: str) -> str:
    return orjson.dumps([{"url": url, "title": "", "description": "", "body_text": "", "error": text}]).decode()
