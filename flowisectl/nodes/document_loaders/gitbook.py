"""Pages of a GitBook."""

from __future__ import annotations

from urllib.parse import urljoin

from flowisectl.clients.web_crawl import WebCrawl
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.retrieval.web_page import read_page, same_site, selected_text, sitemap_addresses

MAX_SITEMAPS = 50


class Gitbook(Node):
    definition = NodeDefinition(
        name="gitbook",
        label="GitBook",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="One page of a GitBook, or all of them",
        inputs=(
            NodeParam("webPath", "Web Path", "string", placeholder="https://docs.gitbook.com/product-tour/navigation"),
            NodeParam("shouldLoadAllPaths", "Should Load All Paths", "boolean", optional=True),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        url = str(inputs.require("webPath")).strip()
        if not url.startswith(("http://", "https://")):
            raise InvalidFlow(
                f"node {inputs.node_id!r} ({inputs.label}): {url[:200]!r} is no web address: it begins with http:// or https://"
            )
        crawl = WebCrawl(context.http, on_failure=context.trace.note)
        addresses = await _listed(crawl, url) if inputs.flag("shouldLoadAllPaths") else [url]
        pages = await crawl.fetch_all(addresses)

        def read() -> list[Document]:
            return [
                Document(page_content=text, metadata={"source": address, "title": read_page(html, address).title})
                for address, html in pages
                if (text := _tidy(selected_text(html, "main")))
            ]

        return await answer_of(inputs, read)


async def _listed(crawl: WebCrawl, url: str) -> list[str]:
    """The pages in the sitemap; one that lists further sitemaps is followed a step, on the same site."""
    listed = sitemap_addresses(await crawl.fetch(urljoin(f"{url.rstrip('/')}/", "sitemap.xml")) or "")
    further = [address for address in listed if address.endswith(".xml") and same_site(url, address)][:MAX_SITEMAPS]
    inner = [address for _, text in await crawl.fetch_all(further) for address in sitemap_addresses(text)]
    return [address for address in (*listed, *inner) if not address.endswith(".xml")]


def _tidy(text: str) -> str:
    return "\n".join(line for raw in text.splitlines() if (line := raw.strip()))
