"""Lets an agent use a browser of Browserless."""

from __future__ import annotations

from flowisectl.engine.node import CredentialParam, NodeDefinition, NodeInputs
from flowisectl.engine.service_inputs import require_key
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.tools._mcp_nodes import ACTIONS, RemoteMcpNode

URL = "https://mcp.browserless.io/mcp"


class BrowserlessMCP(RemoteMcpNode):
    """https://docs.browserless.io/mcp/browserless-mcp-server/setup"""

    definition = NodeDefinition(
        name="browserlessMCP",
        label="Browserless MCP",
        category="Tools (MCP)",
        version=1.0,
        type="Browserless MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent read pages, search and take pictures with a browser of Browserless",
        credential=CredentialParam(("browserlessApi",)),
        inputs=(ACTIONS,),
    )

    async def server(self, inputs: NodeInputs, http: HttpClient) -> tuple[str, dict[str, str]]:
        return URL, {"authorization": f"Bearer {require_key(inputs, 'browserlessApiToken')}"}
