"""Searches the web with Tavily."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.prompt_template import as_text
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters
from flowisectl.nodes.tools._search import service
from flowisectl.texts.tools import TAVILY

_DOMAINS: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
CHOICES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "includeDomains": ("include_domains", {**_DOMAINS, "description": "Sites to search in, and in no others"}),
    "excludeDomains": ("exclude_domains", {**_DOMAINS, "description": "Sites to leave out"}),
    "searchDepth": ("search_depth", {"type": "string", "enum": ["basic", "advanced"], "description": "How thorough the search is"}),
    "includeImages": ("include_images", {"type": "boolean", "description": "Whether images are looked for, too"}),
    "timeRange": ("time_range", {"type": "string", "enum": ["day", "week", "month", "year"], "description": "How new the finds are"}),
    "topic": ("topic", {"type": "string", "enum": ["general", "news", "finance"], "description": "Where to search"}),
}
"""What a model may ask for where the node's input of the same name is empty: the service's name for it, and its schema."""


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
        open_choices = {name: choice for name, choice in CHOICES.items() if inputs.get(name) is None}

        async def search(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
            question = as_text(arguments.get("query") or arguments.get("input") or "")
            asked = {member: arguments[name] for name, (member, _) in open_choices.items() if arguments.get(name) not in (None, "", [])}
            answer = await tavily.json("POST", "/search", {"query": question, **options, **asked})
            return orjson.dumps(answer).decode()

        question_text = {"query": {"type": "string", "description": "What to search for"}}
        properties = {**question_text, **{name: kind for name, (_, kind) in CHOICES.items()}}
        spec = ToolSpec(name="tavily_search", description=context.texts.of(TAVILY), parameters=parameters(properties, ("query",)))
        return FunctionTool(spec=spec, function=search)


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
