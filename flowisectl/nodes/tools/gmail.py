"""Lets an agent use a mailbox of Gmail."""

from __future__ import annotations

from typing import Any

from flowisectl.clients.oauth import access_token
from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._gmail import API_URL, DRAFTS, LABELS, MESSAGES, THREADS
from flowisectl.nodes.tools._gmail_params import PARAMS
from flowisectl.nodes.tools._rest_actions import chosen, rest_tool

KINDS = {
    "drafts": ("draftActions", DRAFTS),
    "messages": ("messageActions", MESSAGES),
    "labels": ("labelActions", LABELS),
    "threads": ("threadActions", THREADS),
}
FIXED = {
    "drafts": {"draftMaxResults": "maxResults", "draftTo": "to", "draftSubject": "subject", "draftBody": "body", "draftCc": "cc",
               "draftBcc": "bcc", "draftId": "id", "draftUpdateTo": "to", "draftUpdateSubject": "subject", "draftUpdateBody": "body"},
    "messages": {"messageMaxResults": "maxResults", "messageQuery": "query", "messageTo": "to", "messageSubject": "subject",
                 "messageBody": "body", "messageCc": "cc", "messageBcc": "bcc", "messageId": "id", "messageAddLabelIds": "addLabelIds",
                 "messageRemoveLabelIds": "removeLabelIds"},
    "labels": {"labelName": "labelName", "labelColor": "labelColor", "labelId": "id"},
    "threads": {"threadMaxResults": "maxResults", "threadQuery": "query", "threadId": "id", "threadAddLabelIds": "addLabelIds",
                "threadRemoveLabelIds": "removeLabelIds"},
}  # fmt: skip
"""The node's inputs that fix an argument of its tools."""


class Gmail(Node):
    definition = NodeDefinition(
        name="gmail",
        label="Gmail",
        category="Tools",
        version=1.0,
        base_classes=("Gmail", "Tool"),
        description="Lets an agent use a mailbox of Gmail",
        credential=CredentialParam(("gmailOAuth2",)),
        inputs=PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        kind = inputs.text("gmailType", "messages")
        name, actions = KINDS.get(kind, KINDS["messages"])

        async def service() -> RestService:
            token = await access_token(context.http, inputs.credential, provider="gmail")
            return RestService(
                context.http, provider="gmail", base_url=API_URL, headers={"authorization": f"Bearer {token}"}, secrets=(token,)
            )

        fixed: dict[str, Any] = {
            argument: inputs.get(field) for field, argument in FIXED.get(kind, {}).items() if inputs.get(field) is not None
        }
        return [
            rest_tool(action, service, {key: value for key, value in fixed.items() if key in action.arguments})
            for action in chosen(actions, inputs.json(name), inputs)
        ]
