"""Lets an agent use an MCP server that the arguments of Supergateway name."""

from __future__ import annotations

import shlex

from flowisectl.clients.mcp import McpTool, open_mcp
from flowisectl.clients.mcp_program import open_program
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.http import HttpClient, Reach
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._mcp_nodes import McpNode
from flowisectl.nodes.tools._mcp_tools import chosen_names, mcp_tools

_URLS = ("--sse", "--streamableHttp")
_IGNORED = frozenset(("--port", "--baseUrl", "--ssePath", "--messagePath", "--logLevel", "--outputTransport", "--healthEndpoint",
                      "--streamableHttpPath", "--protocolVersion", "--sessionTimeout"))  # fmt: skip
_FLAGS = frozenset(("--cors", "--stateful"))


class SupergatewayMCP(McpNode):
    """Supergateway (https://github.com/supercorp-ai/supergateway) carries the one transport over the other; what it would speak to
    is spoken to here without it: a server on the web (`--sse`, `--streamableHttp`), or a program (`--stdio`), as customMCP may start it.
    """

    definition = NodeDefinition(
        name="supergatewayMCP",
        label="Supergateway MCP",
        category="Tools (MCP)",
        version=1.0,
        type="Supergateway MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent use the MCP server that the arguments of Supergateway name",
        inputs=(
            NodeParam("arguments", "Arguments", "string", rows=4),
            NodeParam("mcpActions", "Available Actions", "asyncMultiOptions", load_method="listActions"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        names = chosen_names(inputs)
        if not names:
            return []
        url, headers, program = _read(inputs)
        if program:
            return await mcp_tools(names, lambda: open_program(program[0], program[1:], {}, context.local_programs), inputs, context)
        return await mcp_tools(names, lambda: open_mcp(context.http, url, headers=headers, reach=Reach.ENDPOINT), inputs, context)

    async def available(self, inputs: NodeInputs, http: HttpClient) -> list[McpTool]:
        url, headers, program = _read(inputs)
        if program:
            raise InvalidFlow(
                f"node {inputs.node_id!r} ({inputs.label}) names a program, which has no address: it is started when the flow runs"
            )
        async with open_mcp(http, url, headers=headers, reach=Reach.ENDPOINT) as session:
            return await session.tools()


def _read(inputs: NodeInputs) -> tuple[str, dict[str, str], list[str]]:
    """(address, headers, program with arguments): an address or a program. Raises InvalidFlow."""
    where = f"node {inputs.node_id!r} ({inputs.label})"
    url, headers, program = "", dict[str, str](), list[str]()
    try:
        words = shlex.split(inputs.text("arguments"))
    except ValueError as error:
        raise InvalidFlow(f"{where}: the arguments of Supergateway cannot be read: {error}") from error
    words = [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]
    while words:
        word = words.pop(0)
        value = words.pop(0) if words and word not in _FLAGS and word.startswith("--") else ""
        if word in _URLS:
            url = value
        elif word == "--stdio":
            program = shlex.split(value)
        elif word == "--header":
            name, _, text = value.partition(":")
            headers[name.strip()] = text.strip()
        elif word == "--oauth2Bearer":
            headers["Authorization"] = f"Bearer {value}"
        elif word not in _IGNORED and word not in _FLAGS:
            raise InvalidFlow(f"{where}: Supergateway's argument {word[:80]!r} is not supported: use --sse, --streamableHttp or --stdio")
    if not program and not url.startswith(("http://", "https://")):
        raise InvalidFlow(f"{where} names no MCP server: give an address after --sse or --streamableHttp, or a program after --stdio")
    return url, headers, program
