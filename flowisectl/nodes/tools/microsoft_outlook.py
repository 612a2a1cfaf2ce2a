"""Lets an agent use a mailbox and calendars of Microsoft Outlook."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._login_tools import login_tools
from flowisectl.nodes.tools._outlook import API_URL, CALENDARS, MESSAGES
from flowisectl.nodes.tools._outlook_params import PARAMS

KINDS = {"calendar": ("calendarActions", CALENDARS), "message": ("messageActions", MESSAGES)}


class MicrosoftOutlook(Node):
    definition = NodeDefinition(
        name="microsoftOutlook",
        label="Microsoft Outlook",
        category="Tools",
        version=1.0,
        base_classes=("MicrosoftOutlook", "Tool"),
        description="Lets an agent use a mailbox and calendars of Microsoft Outlook",
        credential=CredentialParam(("microsoftOutlookOAuth2",)),
        inputs=PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        """Each action has inputs of its own: `subjectCreateEvent` fixes the subject of `createEvent`."""
        name, actions = KINDS.get(inputs.text("outlookType"), KINDS["message"])
        wanted = inputs.json(name)
        found: list[Tool] = []
        for key in wanted if isinstance(wanted, list) and wanted else [None]:
            ending = str(key or "")[:1].upper() + str(key or "")[1:]
            fixed = {param.name: param.name.removesuffix(ending) for param in PARAMS if ending and param.name.endswith(ending)}
            found += login_tools(
                inputs,
                context,
                provider="outlook",
                base_url=API_URL,
                actions=actions,
                wanted=[key] if key else wanted,
                fixed=fixed,
            )
        return found
