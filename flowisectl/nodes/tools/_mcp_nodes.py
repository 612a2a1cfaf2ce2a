"""What the nodes share that offer the tools of one certain MCP server: of a server on the web, or as requests of our own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from flowisectl.clients.mcp import McpTool, open_mcp
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeInputs, NodeParam, Option
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import HttpClient, Reach
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._function_tool import FunctionTool
from flowisectl.nodes.tools._mcp_tools import chosen_names, mcp_tools

ACTIONS = NodeParam("mcpActions", "Available Actions", "asyncMultiOptions", load_method="listActions")


class McpNode(Node):
    """A node whose tools an editor offers for choice."""

    async def choices(self, method: str, inputs: NodeInputs, http: HttpClient) -> list[Option]:
        """What an editor offers for `mcpActions`. Raises FlowisectlError."""
        if method != ACTIONS.load_method:
            return []
        return [Option(tool.name, tool.name, tool.description) for tool in await self.available(inputs, http)]

    @abstractmethod
    async def available(self, inputs: NodeInputs, http: HttpClient) -> list[McpTool]:
        """Every tool that the node could offer. Raises FlowisectlError."""


class RemoteMcpNode(McpNode):
    """The tools of an MCP server that is reached over HTTP."""

    @abstractmethod
    async def server(self, inputs: NodeInputs, http: HttpClient) -> tuple[str, dict[str, str]]:
        """(address, headers). Raises MissingInput, ProviderError."""

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        names = chosen_names(inputs)
        if not names:
            return []
        url, headers = await self.server(inputs, context.http)
        return await mcp_tools(names, lambda: open_mcp(context.http, url, headers=headers, reach=Reach.ENDPOINT), inputs, context)

    async def available(self, inputs: NodeInputs, http: HttpClient) -> list[McpTool]:
        url, headers = await self.server(inputs, http)
        async with open_mcp(http, url, headers=headers, reach=Reach.ENDPOINT) as session:
            return await session.tools()


@dataclass(frozen=True, kw_only=True)
class OwnTool:
    """A tool of an MCP server that needs no server: `call` gives the text that the server would."""

    spec: ToolSpec
    call: Callable[[NodeInputs, HttpClient, Mapping[str, Any]], Awaitable[str]]


class OwnMcpNode(McpNode):
    """The tools of an MCP server that Flowise starts as a program; here they act themselves."""

    tools: Sequence[OwnTool] = ()

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        by_name = {tool.spec.name: tool for tool in self.tools}
        names = chosen_names(inputs)
        if unknown := next((name for name in names if name not in by_name), ""):
            raise InvalidFlow(
                f"node {inputs.node_id!r} ({inputs.label}) has no action {unknown[:80]!r}: choose one of {', '.join(by_name)}"
            )
        return [_offered(by_name[name], inputs, context.http) for name in names]

    async def available(self, inputs: NodeInputs, http: HttpClient) -> list[McpTool]:
        return [McpTool(name=tool.spec.name, description=tool.spec.description, schema=tool.spec.parameters) for tool in self.tools]


def _offered(tool: OwnTool, inputs: NodeInputs, http: HttpClient) -> Tool:
    """Answers as a tool of a server does: the JSON of its content."""

    async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
        text = await tool.call(inputs, http, {name: value for name, value in arguments.items() if value is not None})
        return orjson.dumps([{"type": "text", "text": text}]).decode()

    return FunctionTool(spec=tool.spec, function=call)
