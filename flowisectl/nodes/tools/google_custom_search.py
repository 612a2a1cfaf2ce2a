"""Searches the web with Google's programmable search."""

from __future__ import annotations

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool, service
from flowisectl.texts.tools import GOOGLE_CUSTOM_SEARCH


class GoogleCustomSearch(Node):
    definition = NodeDefinition(
        name="googleCustomSearch",
        label="Google Custom Search",
        category="Tools",
        version=1.0,
        base_classes=("GoogleCustomSearchAPI", "Tool", "StructuredTool", "Runnable"),
        description="Searches the web with Google's programmable search",
        credential=CredentialParam(("googleCustomSearchApi",)),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        key, engine = require_key(inputs, "googleCustomSearchApiKey"), require_key(inputs, "googleCustomSearchApiId")
        google = service(context, "google", "https://www.googleapis.com/customsearch/v1", key)

        async def search(question: str) -> str:
            answer = await google.json("GET", "", query={"key": key, "cx": engine, "q": question})
            found = [{name: item.get(name) for name in ("title", "link", "snippet")} for item in answer.get("items", [])]
            return orjson.dumps(found).decode()

        return search_tool("google-custom-search", context.texts.of(GOOGLE_CUSTOM_SEARCH), search)
