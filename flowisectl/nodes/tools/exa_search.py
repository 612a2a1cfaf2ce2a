"""Searches the web with Exa."""

from __future__ import annotations

from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._search import search_tool, service

DESCRIPTION = "Searches the web by meaning, for pages, papers and news. The input is what to search for."
_TYPES = tuple(Option(name, name) for name in ("keyword", "neural", "auto"))
_KINDS = "company, research paper, news, github, tweet, movie, song, pdf, personal site, linkedin profile, financial report"
_CATEGORIES = tuple(Option(name, name) for name in _KINDS.split(", "))


def _more(name: str, label: str, kind: str = "string", options: tuple[Option, ...] = ()) -> NodeParam:
    return NodeParam(name, label, kind, optional=True, additional=True, options=options)


class ExaSearch(Node):
    definition = NodeDefinition(
        name="exaSearch",
        label="Exa Search",
        category="Tools",
        version=1.1,
        base_classes=("ExaSearch", "Tool", "StructuredTool", "Runnable"),
        description="Searches the web with Exa",
        credential=CredentialParam(("exaSearchApi",)),
        inputs=(
            NodeParam("description", "Tool Description", "string", default=DESCRIPTION, rows=4, additional=True),
            _more("numResults", "Num of Results", "number"),
            _more("type", "Search Type", "options", _TYPES),
            _more("useAutoprompt", "Use Auto Prompt", "boolean"),
            _more("category", "Category (Beta)", "options", _CATEGORIES),
            _more("includeDomains", "Include Domains"),
            _more("excludeDomains", "Exclude Domains"),
            _more("startCrawlDate", "Start Crawl Date"),
            _more("endCrawlDate", "End Crawl Date"),
            _more("startPublishedDate", "Start Published Date"),
            _more("endPublishedDate", "End Published Date"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        key = require_key(inputs, "exaSearchApiKey")
        exa = service(context, "exa", "https://api.exa.ai", key, {"x-api-key": key})
        options = _options(inputs)

        async def search(question: str) -> str:
            answer = await exa.json("POST", "/search", {"query": question, **options})
            return orjson.dumps(answer.get("results") or []).decode()

        return search_tool("exa_search_results_json", inputs.wording("description", DESCRIPTION), search)


def _options(inputs: NodeInputs) -> dict[str, Any]:
    """What the request says beside its question (https://docs.exa.ai/reference/search)."""
    options: dict[str, Any] = {
        "numResults": inputs.integer("numResults") or None,
        "useAutoprompt": inputs.flag("useAutoprompt") or None,
        "contents": {"text": True},
    }
    for name in ("type", "category", "startCrawlDate", "endCrawlDate", "startPublishedDate", "endPublishedDate"):
        options[name] = inputs.text(name) or None
    for name in ("includeDomains", "excludeDomains"):
        options[name] = words_of(inputs, name) or None
    return {name: value for name, value in options.items() if value is not None}
