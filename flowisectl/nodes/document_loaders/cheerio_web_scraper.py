"""The text of web pages."""

from __future__ import annotations

import asyncio

from flowisectl.clients.web_crawl import WebCrawl
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.retrieval.web_page import read_page, same_site, selected_text, sitemap_addresses


class CheerioWebScraper(Node):
    definition = NodeDefinition(
        name="cheerioWebScraper",
        label="Cheerio Web Scraper",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="The text of a web page, and of pages that it leads to",
        inputs=(
            NodeParam("url", "URL", "string"),
            SPLITTER,
            NodeParam(
                "relativeLinksMethod",
                "Get Relative Links Method",
                "options",
                default="webCrawl",
                optional=True,
                options=(Option("Web Crawl", "webCrawl"), Option("Scrape XML Sitemap", "scrapeXMLSitemap")),
                additional=True,
            ),
            NodeParam("limit", "Get Relative Links Limit", "number", default="10", optional=True, additional=True),
            NodeParam("selector", "Selector (CSS)", "string", optional=True, additional=True),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        url = inputs.text("url").strip().strip('"')
        if not url.startswith(("http://", "https://")):
            raise InvalidFlow(
                f"node {inputs.node_id!r} ({inputs.label}): {url[:200]!r} is no web address: it begins with http:// or https://"
            )
        crawl = WebCrawl(context.http, on_failure=context.trace.note)
        selector = inputs.text("selector", "body")
        pages = await self._pages(url, inputs, crawl)

        def read() -> list[Document]:
            found = [(address, selected_text(html, selector)) for address, html in pages]
            return [Document(page_content=text, metadata={"source": address}) for address, text in found if text.strip()]

        return await answer_of(inputs, read)

    @staticmethod
    async def _pages(url: str, inputs: NodeInputs, crawl: WebCrawl) -> list[tuple[str, str]]:
        """(address, HTML) of every page to read. Pages that cannot be read are left out."""
        chosen = inputs.json("selectedLinks")
        method = inputs.text("relativeLinksMethod") if "relativeLinksMethod" in inputs.values else ""
        limit = inputs.integer("limit", 10) or 0
        if isinstance(chosen, list) and chosen:
            addresses = [str(address) for address in chosen]
            return await crawl.fetch_all(addresses[: limit or len(addresses)])
        if method == "scrapeXMLSitemap":
            sitemap = await crawl.fetch(url if url.endswith(".xml") else f"{url.rstrip('/')}/sitemap.xml")
            addresses = sitemap_addresses(sitemap or "")
            return await crawl.fetch_all(addresses[:limit] if limit else addresses)
        if method == "webCrawl":

            async def links(address: str, html: str) -> list[str]:
                page = await asyncio.to_thread(read_page, html, address)
                return [link for link in page.links if same_site(url, link)]

            return await crawl.follow(url, links, max_pages=limit)
        html = await crawl.fetch(url)
        return [] if html is None else [(url, html)]
