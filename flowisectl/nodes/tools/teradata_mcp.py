"""Lets an agent use a Teradata MCP server."""

from __future__ import annotations

import base64

from flowisectl.engine.node import CredentialParam, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import MissingInput
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.tools._mcp_nodes import RemoteMcpNode


class TeradataMCP(RemoteMcpNode):
    """https://github.com/Teradata/teradata-mcp-server"""

    definition = NodeDefinition(
        name="teradataMCP",
        label="Teradata MCP",
        category="Tools (MCP)",
        version=1.0,
        type="Teradata MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent use the databases behind a Teradata MCP server",
        credential=CredentialParam(("teradataTD2Auth", "teradataBearerToken")),
        inputs=(
            NodeParam("mcpUrl", "MCP Server URL", "string", placeholder="http://teradata-mcp-server:8001/mcp"),
            NodeParam("bearerToken", "Bearer Token", "string", optional=True),
            NodeParam("mcpActions", "Available Actions", "asyncMultiOptions", load_method="listActions"),
        ),
    )

    async def server(self, inputs: NodeInputs, http: HttpClient) -> tuple[str, dict[str, str]]:
        url = inputs.text("mcpUrl").strip()
        if not url.startswith(("http://", "https://")):
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no address of a Teradata MCP server: fill in its URL")
        token = inputs.secret("bearerToken") or inputs.secret("token")
        name, password = inputs.secret("tdUsername"), inputs.secret("tdPassword")
        if token:
            return url, {"authorization": f"Bearer {token}"}
        if name and password:
            return url, {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}
        return url, {}
