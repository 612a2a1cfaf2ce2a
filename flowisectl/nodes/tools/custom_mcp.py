"""Lets an agent use the tools of an MCP server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import json5
import orjson

from flowisectl.clients.mcp import McpTool, open_mcp
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import Reach
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._function_tool import FunctionTool

LONGEST_NAME, LONGEST_DESCRIPTION = 128, 1024
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")
_VARIABLE = re.compile(r"\{\{\s*\$vars\.(\w+)\s*\}\}")


class CustomMCP(Node):
    definition = NodeDefinition(
        name="customMCP",
        label="Custom MCP",
        category="Tools (MCP)",
        version=1.1,
        type="Custom MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent use the tools of an MCP server",
        inputs=(
            NodeParam("mcpServerConfig", "MCP Server Config", "code"),
            NodeParam("mcpActions", "Available Actions", "asyncMultiOptions", load_method="listActions"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        wanted = inputs.json("mcpActions")
        names = [str(name) for name in wanted] if isinstance(wanted, list) else []
        if not names:
            return []
        url, headers = server_of(inputs, await context.variables.values())
        async with open_mcp(context.http, url, headers=headers, reach=Reach.ENDPOINT) as session:
            known = {tool.name: tool for tool in await session.tools()}
        missing = [name for name in names if name not in known]
        if missing:
            context.trace.note(f"the MCP server of node {inputs.node_id} has no tool {', '.join(missing)}")
        return [self._tool(known[name], url, headers, context) for name in names if name in known]

    @staticmethod
    def _tool(tool: McpTool, url: str, headers: Mapping[str, str], context: RunContext) -> Tool:
        async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
            async with open_mcp(context.http, url, headers=headers, reach=Reach.ENDPOINT) as session:
                return orjson.dumps(await session.call(tool.name, arguments)).decode()

        name = _NO_NAME.sub("_", tool.name)[:LONGEST_NAME]
        spec = ToolSpec(name=name, description=(tool.description or tool.name)[:LONGEST_DESCRIPTION], parameters=tool.schema)
        return FunctionTool(spec=spec, function=call)


def server_of(inputs: NodeInputs, variables: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """(address, headers) out of the configuration `{url, headers}`. Raises MissingInput, InvalidFlow."""
    where = f"node {inputs.node_id!r} ({inputs.label})"
    text = _VARIABLE.sub(lambda match: str(variables.get(match[1], "")), inputs.text("mcpServerConfig"))
    if not text.strip():
        raise MissingInput(f'{where} has no MCP server: fill in its configuration, such as {{"url": "https://…"}}')
    try:
        config = orjson.loads(text)
    except ValueError:
        try:
            config = json5.loads(text[:20_000])
        except (ValueError, RecursionError) as error:
            raise InvalidFlow(f"{where}: the configuration of the MCP server is no JSON") from error
    if not isinstance(config, Mapping):
        raise InvalidFlow(f"{where}: the configuration of the MCP server is no JSON object")
    if config.get("command"):
        raise InvalidFlow(f"{where}: MCP servers that are commands are not started by this server: give the url of one that runs")
    url = str(config.get("url") or "")
    if not url.startswith(("http://", "https://")):
        raise MissingInput(f"{where} has no url of an MCP server")
    headers = config.get("headers")
    return url, {str(name): str(value) for name, value in headers.items()} if isinstance(headers, Mapping) else {}
