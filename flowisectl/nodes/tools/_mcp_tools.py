"""The tools of an MCP server, as agents get them: the chosen ones, each call in a session of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson

from flowisectl.clients.mcp import McpSession, McpTool
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeInputs
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._function_tool import FunctionTool

LONGEST_NAME, LONGEST_DESCRIPTION = 128, 1024
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")

Open = Callable[[], AbstractAsyncContextManager[McpSession]]


def chosen_names(inputs: NodeInputs) -> list[str]:
    """`mcpActions`: the names of the tools that the node exposes."""
    wanted = inputs.json("mcpActions")
    return [str(name) for name in wanted] if isinstance(wanted, list) else []


async def mcp_tools(names: list[str], open_session: Open, inputs: NodeInputs, context: RunContext) -> list[Tool]:
    """The tools of these names that the server has. Raises ProviderError."""
    if not names:
        return []
    async with open_session() as session:
        known = {tool.name: tool for tool in await session.tools()}
    missing = [name for name in names if name not in known]
    if missing:
        context.trace.note(f"the MCP server of node {inputs.node_id} has no tool {', '.join(missing)}")
    return [_tool(known[name], open_session) for name in names if name in known]


def _tool(tool: McpTool, open_session: Open) -> Tool:
    async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
        async with open_session() as session:
            return orjson.dumps(await session.call(tool.name, arguments)).decode()

    name = _NO_NAME.sub("_", tool.name)[:LONGEST_NAME]
    spec = ToolSpec(name=name, description=(tool.description or tool.name)[:LONGEST_DESCRIPTION], parameters=tool.schema)
    return FunctionTool(spec=spec, function=call)
