"""The tools that search with a service: one text in, what was found out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.prompt_template import as_text
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters

INPUT = "input"


def search_tool(name: str, description: str, search: Callable[[str], Awaitable[str]], *, argument: str = INPUT, about: str = "") -> Tool:
    """A tool with one text as its argument. Models know `input` as one that may be left out; any other must be given."""

    async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
        asked = arguments.get(argument)
        if asked is None and arguments:  # an author may have given the one argument another name
            asked = next(iter(arguments.values()))
        return await search(as_text(asked or ""))

    text = {"type": "string", "description": about} if about else {"type": "string"}
    required = () if argument == INPUT else (argument,)
    return FunctionTool(spec=ToolSpec(name=name, description=description, parameters=parameters({argument: text}, required)), function=call)


def service(context: RunContext, provider: str, base_url: str, key: str = "", headers: Mapping[str, str] | None = None) -> RestService:
    """A search service at its own address; its key never shows in an error."""
    return RestService(context.http, provider=provider, base_url=base_url, headers=headers, secrets=(key,), timeout_seconds=30.0)
