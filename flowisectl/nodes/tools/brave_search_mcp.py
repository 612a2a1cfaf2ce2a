"""Lets an agent search the web, places, pictures, videos and news with Brave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import orjson

from flowisectl.clients.rest import RestService
from flowisectl.engine.node import CredentialParam, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.tools._function_tool import parameters
from flowisectl.nodes.tools._mcp_nodes import ACTIONS, OwnMcpNode, OwnTool

URL = "https://api.search.brave.com/res/v1"
MAX_PLACES = 20
TEXT = {"query": {"type": "string", "description": "What to search for"}}
NUMBERS = {
    "count": {"type": "integer", "description": "How many finds at most"},
    "offset": {"type": "integer", "description": "How many pages of finds to leave out"},
}
PLACE = {
    "country": {"type": "string", "description": "Two letters of the country to search in"},
    "search_lang": {"type": "string", "description": "The language of the finds"},
}
FRESH = {"freshness": {"type": "string", "description": "How new: pd (a day), pw (a week), pm (a month), py (a year)"}}
ALL = {**TEXT, **NUMBERS, **PLACE, **FRESH}
PICTURES = {**TEXT, "count": NUMBERS["count"], **PLACE}
KEY = {"key": {"type": "string", "description": "The summary's key, from the answer of a search"}}
_WEB_KEPT = ("title", "url", "description", "extra_snippets", "age")

Call = Callable[[NodeInputs, HttpClient, Mapping[str, Any]], Awaitable[str]]


def _service(inputs: NodeInputs, http: HttpClient) -> RestService:
    key = require_key(inputs, "braveApiKey")
    return RestService(
        http, provider="brave", base_url=URL, headers={"x-subscription-token": key}, secrets=(key,), timeout_seconds=30.0, retries=2
    )


def _query(arguments: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What Brave is asked, which calls the text `q`."""
    if not str(arguments.get("query") or "").strip():
        raise FlowError("a search with Brave lacks query")
    return {
        "q": str(arguments["query"]),
        **{name: arguments[name] for name in names if name != "query" and arguments.get(name) not in (None, "")},
    }


def _finds(path: str, names: Iterable[str]) -> Call:
    """A search whose finds are under `results`."""

    async def call(inputs: NodeInputs, http: HttpClient, arguments: Mapping[str, Any]) -> str:
        answer = await _service(inputs, http).json("GET", path, query=_query(arguments, names)) or {}
        return orjson.dumps(answer.get("results") or []).decode()

    return call


async def _web(inputs: NodeInputs, http: HttpClient, arguments: Mapping[str, Any]) -> str:
    query = _query(arguments, ALL)
    answer = await _service(inputs, http).json("GET", "/web/search", query=query) or {}
    return _shown((answer.get("web") or {}).get("results"))


async def _places(inputs: NodeInputs, http: HttpClient, arguments: Mapping[str, Any]) -> str:
    """Places with their addresses; a search without any gives pages."""
    service = _service(inputs, http)
    answer = await service.json("GET", "/web/search", query={**_query(arguments, ("count",)), "result_filter": "web,locations"}) or {}
    ids = [item["id"] for item in (answer.get("locations") or {}).get("results") or [] if item.get("id")][:MAX_PLACES]
    if not ids:
        return _shown((answer.get("web") or {}).get("results"))
    places = await service.json("GET", "/local/pois", query={"ids": ids}) or {}
    about = await service.json("GET", "/local/descriptions", query={"ids": ids}) or {}
    said = {item.get("id"): item.get("description") for item in about.get("results") or []}
    return orjson.dumps([{**place, "description": said.get(place.get("id"))} for place in places.get("results") or []]).decode()


async def _summary(inputs: NodeInputs, http: HttpClient, arguments: Mapping[str, Any]) -> str:
    if not arguments.get("key"):
        raise FlowError("brave_summarizer lacks key: a web search with summary gives one")
    answer = await _service(inputs, http).json("GET", "/summarizer/search", query={"key": str(arguments["key"]), "entity_info": 1}) or {}
    return orjson.dumps(answer.get("summary") or answer).decode()


def _shown(results: Any) -> str:
    return orjson.dumps([{name: item[name] for name in _WEB_KEPT if name in item} for item in results or []]).decode()


def _tool(name: str, description: str, call: Call, properties: Mapping[str, Any], required: str = "query") -> OwnTool:
    return OwnTool(spec=ToolSpec(name=name, description=description, parameters=parameters(properties, (required,))), call=call)


class BraveSearchMCP(OwnMcpNode):
    """The tools are those of Brave's MCP server (https://github.com/brave/brave-search-mcp-server); they ask Brave's API themselves."""

    tools = (
        _tool("brave_web_search", "Searches the web", _web, ALL),
        _tool("brave_local_search", "Searches places and businesses", _places, {**TEXT, "count": NUMBERS["count"]}),
        _tool("brave_video_search", "Searches videos", _finds("/videos/search", ALL), ALL),
        _tool("brave_image_search", "Searches pictures", _finds("/images/search", PICTURES), PICTURES),
        _tool("brave_news_search", "Searches the news", _finds("/news/search", ALL), ALL),
        _tool("brave_summarizer", "Reads the summary that Brave made of a search", _summary, KEY, "key"),
    )
    definition = NodeDefinition(
        name="braveSearchMCP",
        label="Brave Search MCP",
        category="Tools (MCP)",
        version=1.0,
        type="BraveSearch MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent search the web, places, pictures, videos and news with Brave",
        credential=CredentialParam(("braveSearchApi",)),
        inputs=(ACTIONS,),
    )
