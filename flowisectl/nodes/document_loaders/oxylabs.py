"""Pages and search results that Oxylabs fetches."""

from __future__ import annotations

import base64
from typing import Any

import orjson

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import OUTPUTS, answer_of

URL = "https://realtime.oxylabs.io/v1"
SECONDS = 180.0
"""Oxylabs gives up on a page after three minutes."""


class Oxylabs(Node):
    """https://developers.oxylabs.io/scraping-solutions/web-scraper-api/integration-methods/realtime"""

    definition = NodeDefinition(
        name="oxylabs",
        label="Oxylabs",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="Pages and search results that Oxylabs fetches",
        credential=CredentialParam(("oxylabsApi",)),
        inputs=(
            NodeParam("textSplitter", "Text Splitter", "TextSplitter"),
            NodeParam("query", "Query", "string"),
            NodeParam(
                "source",
                "Source",
                "options",
                default="universal",
                options=(
                    Option("Universal", "universal"),
                    Option("Google Search", "google_search"),
                    Option("Amazon Product", "amazon_product"),
                    Option("Amazon Search", "amazon_search"),
                ),
            ),
            NodeParam("geo_location", "Geolocation", "string", optional=True),
            NodeParam("render", "Render", "boolean", default=False, optional=True),
            NodeParam("parse", "Parse", "boolean", default=False, optional=True),
            NodeParam(
                "user_agent_type",
                "User Agent Type",
                "options",
                optional=True,
                options=(
                    Option("Desktop", "desktop"),
                    Option("Desktop Chrome", "desktop_chrome"),
                    Option("Desktop Edge", "desktop_edge"),
                    Option("Desktop Firefox", "desktop_firefox"),
                    Option("Desktop Opera", "desktop_opera"),
                    Option("Desktop Safari", "desktop_safari"),
                    Option("Mobile", "mobile"),
                    Option("Mobile Android", "mobile_android"),
                    Option("Mobile iOS", "mobile_ios"),
                    Option("Tablet", "tablet"),
                    Option("Tablet Android", "tablet_android"),
                    Option("Tablet iOS", "tablet_ios"),
                ),
            ),
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        password = require_key(inputs, "password")
        login = base64.b64encode(f"{inputs.secret('username')}:{password}".encode()).decode()
        service = RestService(
            context.http,
            provider="oxylabs",
            base_url=URL,
            headers={"authorization": f"Basic {login}"},
            secrets=(password, login),
            timeout_seconds=SECONDS,
        )
        answer = await service.json("POST", "/queries", _request(inputs))
        documents = [
            Document(page_content=_text(result.get("content")), metadata={"source": str(result.get("url") or inputs.text("query"))})
            for result in (answer or {}).get("results") or []
        ]
        return await answer_of(inputs, lambda: documents)


def _request(inputs: NodeInputs) -> dict[str, Any]:
    source = inputs.text("source", "universal")
    request: dict[str, Any] = {"source": source, "url" if source == "universal" else "query": str(inputs.require("query"))}
    request |= {"parse": inputs.flag("parse"), "markdown": True}
    for name in ("geo_location", "user_agent_type"):
        if value := inputs.text(name):
            request[name] = value
    if inputs.flag("render"):
        request["render"] = "html"
    return request


def _text(content: Any) -> str:
    """Parsed pages are JSON."""
    return content if isinstance(content, str) else orjson.dumps(content).decode()
