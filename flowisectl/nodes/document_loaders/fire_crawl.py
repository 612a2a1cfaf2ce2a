"""Web pages that Firecrawl reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.clients.firecrawl import Firecrawl
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import OUTPUTS, SPLITTER, answer_of

URL = "https://api.firecrawl.dev"
_CRAWL, _SCRAPE, _EXTRACT, _SEARCH = ({"crawlerType": [kind]} for kind in ("crawl", "scrape", "extract", "search"))


class FireCrawl(Node):
    definition = NodeDefinition(
        name="fireCrawl",
        label="FireCrawl",
        category="Document Loaders",
        version=4.0,
        base_classes=("Document",),
        description="Web pages that Firecrawl reads: one, a whole site, the finds of a search, or data out of them",
        credential=CredentialParam(("fireCrawlApi",)),
        inputs=(
            SPLITTER,
            NodeParam(
                "crawlerType",
                "Type",
                "options",
                default="crawl",
                options=(
                    Option("Crawl", "crawl"),
                    Option("Scrape", "scrape"),
                    Option("Extract", "extract"),
                    Option("Search", "search"),
                ),
            ),
            NodeParam(
                "url",
                "URLs",
                "string",
                optional=True,
                placeholder="https://docs.flowiseai.com",
                show={"crawlerType": ["crawl", "scrape", "extract"]},
            ),
            NodeParam("includeTags", "Include Tags", "string", optional=True, additional=True, show=_SCRAPE),
            NodeParam("excludeTags", "Exclude Tags", "string", optional=True, additional=True, show=_SCRAPE),
            NodeParam("onlyMainContent", "Only Main Content", "boolean", optional=True, additional=True, show=_SCRAPE),
            NodeParam("limit", "Limit", "string", default="10000", optional=True, additional=True, show=_CRAWL),
            NodeParam(
                "includePaths",
                "Include Paths",
                "string",
                optional=True,
                placeholder="blog/.*, news/.*",
                additional=True,
                show=_CRAWL,
            ),
            NodeParam(
                "excludePaths",
                "Exclude Paths",
                "string",
                optional=True,
                placeholder="blog/.*, news/.*",
                additional=True,
                show=_CRAWL,
            ),
            NodeParam("extractSchema", "Schema", "json", optional=True, additional=True, show=_EXTRACT),
            NodeParam("extractPrompt", "Prompt", "string", optional=True, additional=True, show=_EXTRACT),
            NodeParam("searchQuery", "Query", "string", optional=True, show=_SEARCH),
            NodeParam("searchLimit", "Limit", "string", default="5", optional=True, additional=True, show=_SEARCH),
            NodeParam("searchLang", "Language", "string", default="en", optional=True, additional=True, show=_SEARCH),
            NodeParam("searchCountry", "Country", "string", default="us", optional=True, additional=True, show=_SEARCH),
            NodeParam("searchTimeout", "Timeout", "number", default=60000, optional=True, additional=True, show=_SEARCH),
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        token = require_key(inputs, "firecrawlApiToken")
        service = Firecrawl(context.http, token=token, url=inputs.secret("firecrawlApiUrl", URL))
        kind = inputs.text("crawlerType", "crawl")
        if kind == "search":
            documents = await _search(service, inputs)
        elif kind not in ("crawl", "scrape", "extract"):
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): {kind[:80]!r} is no way to read pages: choose a type")
        else:
            documents = await _read(service, kind, inputs)
        return await answer_of(inputs, lambda: documents)


async def _read(service: Firecrawl, kind: str, inputs: NodeInputs) -> list[Document]:
    urls = words_of(inputs, "url")
    if not urls:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no page to read: fill in its URLs")
    if kind == "extract":
        data = await service.extract(urls, prompt=inputs.text("extractPrompt"), schema=inputs.json("extractSchema"))
        return [Document(page_content=orjson.dumps(data).decode(), metadata={"source": ", ".join(urls), "type": "extracted_data"})]
    if kind == "scrape":
        options = _some({
            "includeTags": words_of(inputs, "includeTags"),
            "excludeTags": words_of(inputs, "excludeTags"),
            "onlyMainContent": inputs.flag("onlyMainContent") if inputs.get("onlyMainContent") is not None else None,
        })  # fmt: skip
        return [_document(await service.scrape(url, options), url) for url in urls]
    options = _some({
        "limit": inputs.integer("limit", 10_000),
        "includePaths": words_of(inputs, "includePaths"),
        "excludePaths": words_of(inputs, "excludePaths"),
    })  # fmt: skip
    return [_document(page, url) for url in urls for page in await service.crawl(url, options)]


async def _search(service: Firecrawl, inputs: NodeInputs) -> list[Document]:
    options = _some({
        "limit": inputs.integer("searchLimit", 5),
        "lang": inputs.text("searchLang", "en"),
        "country": inputs.text("searchCountry", "us"),
        "timeout": inputs.integer("searchTimeout", 60_000),
    })  # fmt: skip
    found = await service.search(str(inputs.require("searchQuery")), options)
    return [
        Document(
            page_content=str(item.get("markdown") or item.get("description") or ""),
            metadata={**(item.get("metadata") or {}), "title": item.get("title"), "source": item.get("url")},
        )
        for item in found
    ]


def _document(page: Mapping[str, Any], url: str) -> Document:
    own = page.get("metadata")
    metadata = dict(own) if isinstance(own, Mapping) else {}
    return Document(page_content=str(page.get("markdown") or ""), metadata={"source": metadata.get("sourceURL") or url, **metadata})


def _some(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None and value != []}
