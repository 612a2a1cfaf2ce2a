"""Searches the web with SearchApi."""

from __future__ import annotations

from urllib.parse import urlencode

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool, service
from flowisectl.texts.tools import SEARCH_API

NOTHING = "Nothing was found."


class SearchAPI(Node):
    definition = NodeDefinition(
        name="searchAPI",
        label="SearchApi",
        category="Tools",
        version=1.0,
        base_classes=("SearchAPI", "Tool", "StructuredTool", "Runnable"),
        description="Searches the web with SearchApi",
        credential=CredentialParam(("searchApi",)),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        key = require_key(inputs, "searchApiKey")
        searches = service(context, "searchapi", "https://www.searchapi.io", key, {"authorization": f"Bearer {key}"})

        async def search(question: str) -> str:
            query = urlencode({"engine": "google", "q": question})
            answer = await searches.json("GET", f"/api/v1/search?{query}")
            box = answer.get("answer_box") or {}
            if text := box.get("answer") or box.get("snippet"):
                return str(text)
            graph = answer.get("knowledge_graph") or {}
            texts = [str(graph["description"])] if graph.get("description") else []
            texts += [str(find["snippet"]) for find in answer.get("organic_results") or [] if find.get("snippet")]
            return "\n\n".join(texts) or NOTHING

        return search_tool("search", context.texts.of(SEARCH_API), search)
