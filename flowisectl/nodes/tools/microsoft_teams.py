"""Lets an agent use Microsoft Teams."""

from __future__ import annotations

from typing import Any

from flowisectl.clients.oauth import access_token
from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._rest_actions import RestAction, chosen, rest_tool
from flowisectl.nodes.tools._teams import API_URL, CHANNELS, CHAT_MESSAGES, CHATS
from flowisectl.nodes.tools._teams_params import PARAMS

KINDS = {"channel": ("channelActions", CHANNELS), "chat": ("chatActions", CHATS), "chatMessage": ("chatMessageActions", CHAT_MESSAGES)}


class MicrosoftTeams(Node):
    definition = NodeDefinition(
        name="microsoftTeams",
        label="Microsoft Teams",
        category="Tools",
        version=1.0,
        base_classes=("MicrosoftTeams", "Tool"),
        description="Lets an agent use Microsoft Teams",
        credential=CredentialParam(("microsoftTeamsOAuth2",)),
        inputs=PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        name, actions = KINDS.get(inputs.text("teamsType", "chatMessage"), KINDS["chatMessage"])

        async def service() -> RestService:
            token = await access_token(context.http, inputs.credential, provider="microsoftTeams")
            return RestService(
                context.http, provider="microsoftTeams", base_url=API_URL, headers={"authorization": f"Bearer {token}"}, secrets=(token,)
            )

        return [rest_tool(action, service, fixed(action, inputs)) for action in chosen(actions, inputs.json(name), inputs)]


def fixed(action: RestAction, inputs: NodeInputs) -> dict[str, Any]:
    """The arguments that the node fixes: an input's name begins with its argument's, and it is shown for its actions."""
    found: dict[str, Any] = {}
    for param in PARAMS:
        if inputs.get(param.name) is None or not any(action.key in names for names in param.show.values()):
            continue
        argument = max((name for name in action.arguments if param.name.startswith(name)), key=len, default="")
        if argument:
            found[argument] = inputs.get(param.name)
    return found
