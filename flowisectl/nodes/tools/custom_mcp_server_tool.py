"""Lets an agent use the tools of one of the workspace's MCP servers."""

from __future__ import annotations

from flowisectl.clients.mcp import open_mcp
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.http import Reach
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._mcp_tools import chosen_names, mcp_tools


class CustomMcpServerTool(Node):
    definition = NodeDefinition(
        name="customMcpServerTool",
        label="Custom MCP Server",
        category="Tools (MCP)",
        version=1.0,
        type="Custom MCP Server Tool",
        base_classes=("Tool",),
        description="Lets an agent use the tools of one of the workspace's MCP servers",
        inputs=(
            NodeParam("mcpServerId", "Custom MCP Server", "asyncOptions", load_method="listServers"),
            NodeParam("mcpActions", "Available Actions", "asyncMultiOptions", load_method="listActions"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        names = chosen_names(inputs)
        if not names:
            return []
        server = await context.mcp_servers.get(str(inputs.require("mcpServerId")))

        # The author of the server's entry chose the address.
        return await mcp_tools(
            names, lambda: open_mcp(context.http, server.url, headers=server.headers, reach=Reach.ENDPOINT), inputs, context
        )
