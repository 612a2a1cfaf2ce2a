"""Lets an agent use the apps of a user at Pipedream."""

from __future__ import annotations

from flowisectl.clients.rest import RestService
from flowisectl.engine.node import CredentialParam, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import MissingInput
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.tools._mcp_nodes import RemoteMcpNode

API_URL = "https://api.pipedream.com/v1"
URL = "https://remote.mcp.pipedream.net"


class PipedreamMCP(RemoteMcpNode):
    """https://pipedream.com/docs/connect/mcp/developers"""

    definition = NodeDefinition(
        name="pipedreamMCP",
        label="Pipedream MCP",
        category="Tools (MCP)",
        version=1.0,
        type="Pipedream MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent use an app of a user at Pipedream",
        credential=CredentialParam(("pipedreamOAuthApi",)),
        inputs=(
            NodeParam(
                "environment",
                "Environment",
                "options",
                default="development",
                options=(
                    Option("Development", "development"),
                    Option("Production", "production"),
                ),
            ),
            NodeParam("appSlug", "App Slug", "string"),
            NodeParam("externalUserId", "User ID", "string", placeholder="{{$vars.user_email}}", accept_variable=True),
            NodeParam("toolMode", "Tool Mode", "options", default="tools-only", options=(Option("Tools only", "tools-only"),)),
            NodeParam("mcpActions", "Available Actions", "asyncMultiOptions", load_method="listActions"),
        ),
    )

    async def server(self, inputs: NodeInputs, http: HttpClient) -> tuple[str, dict[str, str]]:
        client, secret, project = (require_key(inputs, name) for name in ("clientId", "clientSecret", "projectId"))
        app, user = str(inputs.require("appSlug")).strip(), str(inputs.require("externalUserId")).strip()
        service = RestService(http, provider="pipedream", base_url=API_URL, secrets=(secret,), retries=2)
        scopes = inputs.secret("oauthScopes")
        asked = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, **({"scope": scopes} if scopes else {})}
        answer = await service.json("POST", "/oauth/token", asked)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not token:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): Pipedream gave no access token: check its credential")
        return URL, {
            "authorization": f"Bearer {token}",
            "x-pd-project-id": project,
            "x-pd-environment": inputs.text("environment", "development"),
            "x-pd-external-user-id": user,
            "x-pd-app-slug": app,
            "x-pd-tool-mode": inputs.text("toolMode", "tools-only"),
        }
