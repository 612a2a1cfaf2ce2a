"""Searches the web with Brave."""

from __future__ import annotations

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool, service
from flowisectl.texts.tools import BRAVE_SEARCH


class BraveSearchAPI(Node):
    definition = NodeDefinition(
        name="braveSearchAPI",
        label="BraveSearch API",
        category="Tools",
        version=1.0,
        base_classes=("BraveSearchAPI", "Tool", "StructuredTool", "Runnable"),
        description="Searches the web with Brave",
        credential=CredentialParam(("braveSearchApi",)),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        key = require_key(inputs, "braveApiKey")
        brave = service(context, "brave", "https://api.search.brave.com/res/v1", key, {"x-subscription-token": key})

        async def search(question: str) -> str:
            answer = await brave.json("GET", "/web/search", query={"q": question})
            found = (answer.get("web") or {}).get("results") or []
            return orjson.dumps(
                [{"title": item.get("title"), "link": item.get("url"), "snippet": item.get("description")} for item in found]
            ).decode()

        return search_tool("brave-search", context.texts.of(BRAVE_SEARCH), search)
