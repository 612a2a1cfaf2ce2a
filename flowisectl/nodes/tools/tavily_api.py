"""Searches the web with Tavily."""

from __future__ import annotations

from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool, service

DESCRIPTION = "Searches the web, made for language models: for facts and recent events. The input is what to search for."


class TavilyAPI(Node):
    definition = NodeDefinition(
        name="tavilyAPI",
        label="Tavily API",
        category="Tools",
        version=1.2,
        base_classes=("TavilyAPI", "StructuredTool", "Runnable"),
        description="Searches the web with Tavily",
        credential=CredentialParam(("tavilyApi",)),
        inputs=(
            NodeParam(
                "topic",
                "Topic",
                "options",
                default="general",
                optional=True,
                options=(Option("General", "general"), Option("News", "news")),
                additional=True,
            ),
            NodeParam(
                "searchDepth",
                "Search Depth",
                "options",
                default="basic",
                optional=True,
                options=(Option("Basic", "basic"), Option("Advanced", "advanced")),
                additional=True,
            ),
            NodeParam("chunksPerSource", "Chunks Per Source", "number", default=3, optional=True, additional=True),
            NodeParam("maxResults", "Max Results", "number", default=5, optional=True, additional=True),
            NodeParam(
                "timeRange",
                "Time Range",
                "options",
                optional=True,
                options=(Option("Day", "day"), Option("Week", "week"), Option("Month", "month"), Option("Year", "year")),
                additional=True,
            ),
            NodeParam("days", "Days", "number", default=7, optional=True, additional=True),
            NodeParam("includeAnswer", "Include Answer", "boolean", default=False, optional=True, additional=True),
            NodeParam("includeRawContent", "Include Raw Content", "boolean", default=False, optional=True, additional=True),
            NodeParam("includeImages", "Include Images", "boolean", default=False, optional=True, additional=True),
            NodeParam("includeImageDescriptions", "Include Image Descriptions", "boolean", default=False, optional=True, additional=True),
            NodeParam("includeDomains", "Include Domains", "string", optional=True, additional=True),
            NodeParam("excludeDomains", "Exclude Domains", "string", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        key = require_key(inputs, "tavilyApiKey")
        tavily = service(context, "tavily", "https://api.tavily.com", key, {"authorization": f"Bearer {key}"})
        options = _options(inputs)

        async def search(question: str) -> str:
            answer = await tavily.json("POST", "/search", {"query": question, **options})
            return orjson.dumps(answer).decode()

        return search_tool("tavily_search", DESCRIPTION, search)


def _options(inputs: NodeInputs) -> dict[str, Any]:
    """What the request says beside its question (https://docs.tavily.com/documentation/api-reference/endpoint/search)."""
    topic, depth = inputs.text("topic", "general"), inputs.text("searchDepth", "basic")
    days, chunks = inputs.integer("days"), inputs.integer("chunksPerSource")
    options: dict[str, Any] = {
        "topic": topic,
        "search_depth": depth,
        "max_results": inputs.integer("maxResults") or 5,
        "time_range": inputs.text("timeRange") or None,
        "days": days if topic == "news" else None,
        "chunks_per_source": chunks if depth == "advanced" else None,
        "include_answer": inputs.flag("includeAnswer"),
        "include_raw_content": inputs.flag("includeRawContent"),
        "include_images": inputs.flag("includeImages"),
        "include_image_descriptions": inputs.flag("includeImageDescriptions"),
        "include_domains": words_of(inputs, "includeDomains"),
        "exclude_domains": words_of(inputs, "excludeDomains"),
    }
    return {name: value for name, value in options.items() if value is not None and value != []}
