"""Web pages that Spider fetches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import OMIT, OUTPUTS, SPLITTER
from flowisectl.retrieval.loading import as_text, read_and_loaded
from flowisectl.retrieval.long_work import in_thread

URL = "https://api.spider.cloud"
SECONDS = 300.0


class SpiderDocumentLoaders(Node):
    """https://spider.cloud/docs/api"""

    definition = NodeDefinition(
        name="spiderDocumentLoaders",
        label="Spider Document Loaders",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="Web pages that Spider fetches, as Markdown",
        credential=CredentialParam(("spiderApi",)),
        inputs=(
            SPLITTER,
            NodeParam(
                "mode",
                "Mode",
                "options",
                default="scrape",
                options=(
                    Option("Scrape", "scrape"),
                    Option("Crawl", "crawl"),
                ),
            ),
            NodeParam("url", "Web Page URL", "string", placeholder="https://spider.cloud"),
            NodeParam("limit", "Limit", "number", default=25),
            NodeParam("additional_metadata", "Additional Metadata", "json", optional=True, additional=True),
            NodeParam("params", "Additional Parameters", "json", optional=True, placeholder='{ "anti_bot": true }', additional=True),
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        key = require_key(inputs, "spiderApiKey")
        service = RestService(
            context.http,
            provider="spider",
            base_url=URL,
            headers={"authorization": f"Bearer {key}"},
            secrets=(key,),
            timeout_seconds=SECONDS,
        )
        crawls = inputs.text("mode", "scrape") == "crawl"
        answer = await service.json("POST", "/crawl" if crawls else "/scrape", _request(inputs, crawls))
        pages = [page for page in (answer if isinstance(answer, list) else [answer]) if isinstance(page, Mapping)]
        failed = [page for page in pages if page.get("error") and not page.get("content")]
        for page in failed:
            context.trace.note(f"page {page.get('url')} is left out: {str(page['error'])[:300]}")
        if failed and len(failed) == len(pages):
            raise service.error(f"spider could not fetch {inputs.text('url')}: {failed[0]['error']}")
        documents = [
            Document(page_content=str(page.get("content") or ""), metadata={**(page.get("metadata") or {}), "source": page.get("url")})
            for page in pages
            if page.get("content")
        ]
        more = inputs.json("additional_metadata")
        loaded = await in_thread(
            lambda: read_and_loaded(
                lambda: documents,
                splitter=inputs.get("textSplitter"),
                metadata=more if isinstance(more, Mapping) else {},
                omitted=inputs.text("omitMetadataKeys"),
            )
        )
        return as_text(loaded) if inputs.output == "text" else loaded


def _request(inputs: NodeInputs, crawls: bool) -> dict[str, Any]:
    """The author's parameters win over all but the address."""
    params = inputs.json("params")
    request: dict[str, Any] = {"return_format": "markdown", **(params if isinstance(params, Mapping) else {})}
    if crawls:
        request.setdefault("limit", inputs.integer("limit", 25) or 25)
    return {**request, "url": str(inputs.require("url")).strip()}
