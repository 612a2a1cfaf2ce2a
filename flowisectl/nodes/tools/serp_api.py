"""Searches the web with SerpApi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool, service
from flowisectl.texts.tools import SERP_API

NOTHING = "Nothing was found."


class SerpAPI(Node):
    definition = NodeDefinition(
        name="serpAPI",
        label="Serp API",
        category="Tools",
        version=1.0,
        base_classes=("SerpAPI", "Tool", "StructuredTool", "Runnable"),
        description="Searches the web with SerpApi",
        credential=CredentialParam(("serpApi",)),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        key = require_key(inputs, "serpApiKey")
        serp = service(context, "serpapi", "https://serpapi.com", key)

        async def search(question: str) -> str:
            answer = await serp.json("GET", "/search", query={"q": question, "engine": "google", "api_key": key, "output": "json"})
            return best_of(answer if isinstance(answer, Mapping) else {})

        return search_tool("search", context.texts.of(SERP_API), search)


def best_of(answer: Mapping[str, Any]) -> str:
    """The direct answer when there is one, else what is known of the subject and the first finds' texts."""
    box = answer.get("answer_box")
    box = box[0] if isinstance(box, list) and box else box
    if isinstance(box, Mapping):
        for name in ("answer", "result", "snippet"):
            if box.get(name):
                return str(box[name])
        if box.get("snippet_highlighted_words"):
            return ", ".join(str(word) for word in box["snippet_highlighted_words"])
    texts: list[str] = []
    graph = answer.get("knowledge_graph")
    if isinstance(graph, Mapping) and graph.get("description"):
        texts.append(str(graph["description"]))
    for find in answer.get("organic_results") or []:
        if find.get("snippet"):
            texts.append(str(find["snippet"]))
        elif find.get("title"):
            texts.append(orjson.dumps({"title": find["title"], "link": find.get("link")}).decode())
    return "\n\n".join(texts[:10]) or NOTHING
