"""Searches the web with a SearXNG server."""

from __future__ import annotations

import re

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import headers_of
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool, service

DESCRIPTION = "Searches the web with many search engines at once, for facts and recent events. The input is what to search for."
OPTIONS = ("categories", "engines", "language", "pageno", "time_range", "safesearch")
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")
_MOST = 10


class SearXNG(Node):
    definition = NodeDefinition(
        name="searXNG",
        label="SearXNG",
        category="Tools",
        version=3.0,
        base_classes=("SearXNG", "Tool", "StructuredTool", "Runnable"),
        description="Searches the web with a SearXNG server",
        inputs=(
            NodeParam("apiBase", "Base URL", "string", default="http://localhost:8080"),
            NodeParam("toolName", "Tool Name", "string", default="searxng-search"),
            NodeParam("toolDescription", "Tool Description", "string", default=DESCRIPTION, rows=4),
            NodeParam("headers", "Headers", "json", optional=True, additional=True),
            NodeParam(
                "format", "Format", "options", default="json", options=(Option("JSON", "json"), Option("HTML", "html")), additional=True
            ),
            NodeParam("categories", "Categories", "string", optional=True, additional=True),
            NodeParam("engines", "Engines", "string", optional=True, additional=True),
            NodeParam("language", "Language", "string", optional=True, additional=True),
            NodeParam("pageno", "Page No.", "number", optional=True, additional=True),
            NodeParam("time_range", "Time Range", "string", optional=True, additional=True),
            NodeParam("safesearch", "Safe Search", "number", optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        base = inputs.text("apiBase", "http://localhost:8080")
        searx = service(context, "searxng", base, "", headers_of(inputs, "headers"))
        style = inputs.text("format", "json")
        options = {name: inputs.text(name) for name in OPTIONS if inputs.get(name) is not None}

        async def search(question: str) -> str:
            query = {"q": question, "format": style, **options}
            if style != "json":
                return (await searx.call("GET", "/search", query=query)).text
            answer = await searx.json("GET", "/search", query=query)
            found = answer.get("results") or []
            if not found:
                return "\n".join(str(text) for text in answer.get("answers") or []) or "Nothing was found."
            shown = [
                {"title": item.get("title") or "", "link": item.get("url") or "", "snippet": item.get("content") or ""} for item in found
            ]
            return orjson.dumps(shown[:_MOST]).decode()

        name = _NO_NAME.sub("", inputs.text("toolName", "searxng-search")) or "searxng-search"
        return search_tool(name, inputs.wording("toolDescription", DESCRIPTION), search)
