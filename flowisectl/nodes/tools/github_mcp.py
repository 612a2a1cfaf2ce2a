"""Lets an agent use GitHub."""

from __future__ import annotations

from urllib.parse import urlsplit

from flowisectl.engine.node import CredentialParam, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.tools._mcp_nodes import RemoteMcpNode

URL = "https://api.githubcopilot.com/mcp/"


class GithubMCP(RemoteMcpNode):
    """GitHub's own server on the web (https://github.com/github/github-mcp-server); an enterprise with data residency has its own."""

    definition = NodeDefinition(
        name="githubMCP",
        label="Github MCP",
        category="Tools (MCP)",
        version=1.0,
        type="Github MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent use GitHub: repositories, issues, pull requests",
        credential=CredentialParam(("githubApi",)),
        inputs=(
            NodeParam("mcpActions", "Available Actions", "asyncMultiOptions", load_method="listActions"),
            NodeParam(
                "githubEnterpriseUrl",
                "GitHub Enterprise URL",
                "string",
                optional=True,
                placeholder="https://octocorp.ghe.com",
                additional=True,
            ),
        ),
    )

    async def server(self, inputs: NodeInputs, http: HttpClient) -> tuple[str, dict[str, str]]:
        headers = {"authorization": f"Bearer {require_key(inputs, 'accessToken')}"}
        enterprise = inputs.text("githubEnterpriseUrl").strip()
        if not enterprise:
            return URL, headers
        host = urlsplit(enterprise if "://" in enterprise else f"https://{enterprise}").hostname or ""
        if not host.endswith(".ghe.com"):
            raise InvalidFlow(
                f"node {inputs.node_id!r} ({inputs.label}): {enterprise[:200]!r} has no MCP server on the web: "
                "give an address such as https://name.ghe.com, or run GitHub's MCP server yourself and use the node customMCP"
            )
        return f"https://copilot-api.{host}/mcp", headers
