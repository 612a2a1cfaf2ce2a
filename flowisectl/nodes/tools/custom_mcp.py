"""Lets an agent use the tools of an MCP server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flowisectl.clients.mcp import open_mcp
from flowisectl.clients.mcp_program import open_program
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.http import Reach
from flowisectl.interfaces.lenient_json import parse_lenient
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._mcp_tools import Open, chosen_names, mcp_tools

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
        names = chosen_names(inputs)
        if not names:
            return []
        config = config_of(inputs, await context.variables.values())
        if config.get("command"):
            return await mcp_tools(names, _program(config, context), inputs, context)
        url, headers = address_in(config, inputs)
        return await mcp_tools(names, lambda: open_mcp(context.http, url, headers=headers, reach=Reach.ENDPOINT), inputs, context)


def _program(config: Mapping[str, Any], context: RunContext) -> Open:
    """Starts the program `{command, args, env}`."""
    given, variables = config.get("args"), config.get("env")
    arguments = [str(argument) for argument in given] if isinstance(given, list) else []
    environment = {str(name): str(value) for name, value in variables.items()} if isinstance(variables, Mapping) else {}
    return lambda: open_program(str(config["command"]), arguments, environment, context.local_programs)


def config_of(inputs: NodeInputs, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configuration: `{url, headers}`, or `{command, args, env}`. Raises MissingInput, InvalidFlow."""
    where = f"node {inputs.node_id!r} ({inputs.label})"
    text = _VARIABLE.sub(lambda match: str(variables.get(match[1], "")), inputs.text("mcpServerConfig"))
    if not text.strip():
        raise MissingInput(f'{where} has no MCP server: fill in its configuration, such as {{"url": "https://…"}}')
    try:
        config = parse_lenient(text)
    except ValueError as error:
        raise InvalidFlow(f"{where}: the configuration of the MCP server is no JSON") from error
    if not isinstance(config, Mapping):
        raise InvalidFlow(f"{where}: the configuration of the MCP server is no JSON object")
    return config


def address_in(config: Mapping[str, Any], inputs: NodeInputs) -> tuple[str, dict[str, str]]:
    """(address, headers). Raises MissingInput."""
    url = str(config.get("url") or "")
    if not url.startswith(("http://", "https://")):
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no url of an MCP server")
    headers = config.get("headers")
    return url, {str(name): str(value) for name, value in headers.items()} if isinstance(headers, Mapping) else {}


def server_of(inputs: NodeInputs, variables: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """(address, headers) of a server that is reached over HTTP. Raises MissingInput, InvalidFlow for one that is a program."""
    config = config_of(inputs, variables)
    if config.get("command"):
        raise InvalidFlow(
            f"node {inputs.node_id!r} ({inputs.label}) names a program, which has no address: it is started when the flow runs"
        )
    return address_in(config, inputs)
