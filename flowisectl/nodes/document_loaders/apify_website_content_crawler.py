"""Web pages that Apify's Website Content Crawler reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flowisectl.clients.rest import RestService
from flowisectl.clients.waiting import when_done
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.errors import FlowError, MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of

URL = "https://api.apify.com/v2"
ACTOR = "apify~website-content-crawler"
LONGEST_SECONDS = 1800.0
WAIT_SECONDS = 30
"""How long one question after the run may take: Apify answers at once when the run ends."""
PAGE = 500
MAX_ITEMS = 20_000
_ENDED = frozenset(("SUCCEEDED", "FAILED", "ABORTED", "TIMED-OUT"))


class ApifyWebsiteContentCrawler(Node):
    """https://docs.apify.com/api/v2/act-runs-post, https://apify.com/apify/website-content-crawler/input-schema"""

    definition = NodeDefinition(
        name="apifyWebsiteContentCrawler",
        label="Apify Website Content Crawler",
        category="Document Loaders",
        version=3.0,
        base_classes=("Document",),
        description="Web pages that Apify's Website Content Crawler reads",
        credential=CredentialParam(("apifyApi",)),
        inputs=(
            SPLITTER,
            NodeParam("urls", "Start URLs", "string", placeholder="https://js.langchain.com/docs/"),
            NodeParam(
                "crawlerType",
                "Crawler type",
                "options",
                default="playwright:firefox",
                options=(
                    Option("Headless web browser (Chrome+Playwright)", "playwright:chrome"),
                    Option("Stealthy web browser (Firefox+Playwright)", "playwright:firefox"),
                    Option("Raw HTTP client (Cheerio)", "cheerio"),
                    Option("Raw HTTP client with JavaScript execution (JSDOM) [experimental]", "jsdom"),
                ),
            ),
            NodeParam("maxCrawlDepth", "Max crawling depth", "number", default=1, optional=True, additional=True),
            NodeParam("maxCrawlPages", "Max crawl pages", "number", default=3, optional=True, additional=True),
            NodeParam("additionalInput", "Additional input", "json", default="{}", optional=True, additional=True),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        token = require_key(inputs, "apifyApiToken")
        urls = words_of(inputs, "urls")
        if not urls:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no page to begin with: fill in its start URLs")
        service = RestService(
            context.http, provider="apify", base_url=URL, headers={"authorization": f"Bearer {token}"}, secrets=(token,), retries=2
        )
        dataset = await _crawled(service, _request(inputs, urls))
        items = await _items(service, dataset)
        documents = [
            Document(page_content=str(item.get("text") or item.get("markdown") or ""), metadata={"source": item.get("url")})
            for item in items
        ]
        return await answer_of(inputs, lambda: documents)


def _request(inputs: NodeInputs, urls: list[str]) -> dict[str, Any]:
    """The author's additional input wins."""
    request: dict[str, Any] = {"startUrls": [{"url": url} for url in urls], "crawlerType": inputs.text("crawlerType", "playwright:firefox")}
    for name in ("maxCrawlDepth", "maxCrawlPages"):
        if (value := inputs.integer(name)) is not None:
            request[name] = value
    more = inputs.json("additionalInput")
    return {**request, **(more if isinstance(more, Mapping) else {})}


async def _crawled(service: RestService, request: Mapping[str, Any]) -> str:
    """The id of the data set of a run that succeeded. Raises ProviderError."""
    started = _data(await service.json("POST", f"/acts/{ACTOR}/runs", request))
    run_id = quote(str(started.get("id") or ""), safe="")

    async def ended() -> Mapping[str, Any] | None:
        run = _data(await service.json("GET", f"/actor-runs/{run_id}", query={"waitForFinish": WAIT_SECONDS}))
        return run if run.get("status") in _ENDED else None

    run = await when_done(ended, provider="apify", what="the crawl", seconds=LONGEST_SECONDS)
    if run["status"] != "SUCCEEDED":
        raise service.error(f"apify: the crawl ended with {run['status']}: {run.get('statusMessage') or 'it does not say why'}")
    return str(run.get("defaultDatasetId") or started.get("defaultDatasetId"))


async def _items(service: RestService, dataset: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for offset in range(0, MAX_ITEMS, PAGE):
        query = {"clean": "true", "format": "json", "limit": PAGE, "offset": offset}
        page = await service.json("GET", f"/datasets/{quote(dataset, safe='')}/items", query=query) or []
        found += [item for item in page if isinstance(item, Mapping)]
        if len(page) < PAGE:
            return found
    raise FlowError(f"the crawl found more than {MAX_ITEMS} pages: lower its maximum")


def _data(answer: Any) -> Mapping[str, Any]:
    data = answer.get("data") if isinstance(answer, Mapping) else None
    return data if isinstance(data, Mapping) else {}
