"""Lets an agent use Jira."""

from __future__ import annotations

from flowisectl.clients.jira import jira_service
from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.given_files import certificates_of
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.errors import MissingInput
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._jira import JiraActions, jira_actions
from flowisectl.nodes.tools._jira_params import PARAMS
from flowisectl.nodes.tools._rest_actions import RestAction, chosen, rest_tool

IN_CLOUD, OWN_SERVER = jira_actions(in_cloud=True), jira_actions(in_cloud=False)
KINDS = {
    "issues": (
        "issueActions",
        {
            "projectKey": "projectKey", "issueType": "issueType", "issueSummary": "summary", "issueDescription": "description",
            "issuePriority": "priority", "issueKey": "issueKey", "assigneeAccountId": "assigneeAccountId", "transitionId": "transitionId",
            "jqlQuery": "jql", "issueMaxResults": "maxResults",
        },
    ),
    "comments": ("commentActions", {"commentIssueKey": "issueKey", "commentText": "text", "commentId": "commentId"}),
    "users": (
        "userActions",
        {
            "userQuery": "query", "userAccountId": "accountId", "userEmail": "emailAddress", "userDisplayName": "displayName",
            "userMaxResults": "maxResults",
        },
    ),
}  # fmt: skip
"""Kind → the input that names its actions, and the inputs that fix an argument of theirs."""


class JiraTool(Node):
    definition = NodeDefinition(
        name="jiraTool",
        label="Jira",
        category="Tools",
        version=2.0,
        base_classes=("Jira", "Tool"),
        description="Lets an agent use issues, comments and users of Jira",
        credential=CredentialParam(("jiraApi", "jiraApiBearerToken")),
        inputs=PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        host = str(inputs.require("jiraHost"))
        trusted = await certificates_of("caFile", inputs, context) if inputs.flag("enableSSL") else b""
        name, token, bearer = (inputs.secret(field) for field in ("username", "accessToken", "bearerToken"))
        if not bearer and not (name and token):
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no access token: choose a credential")

        async def service() -> RestService:
            return jira_service(context.http, host, name=name, token=token, bearer=bearer, trusted=trusted)

        kind = inputs.text("jiraType")
        field, fields = KINDS.get(kind, KINDS["issues"])
        fixed = {argument: inputs.get(name) for name, argument in fields.items() if inputs.get(name) is not None}
        if kind == "comments" and "issueKey" not in fixed and inputs.get("issueKey") is not None:
            fixed["issueKey"] = inputs.get("issueKey")
        known = _actions(OWN_SERVER if bearer else IN_CLOUD, kind)
        return [
            rest_tool(action, service, {key: value for key, value in fixed.items() if key in action.arguments})
            for action in chosen(known, inputs.json(field), inputs)
        ]


def _actions(known: JiraActions, kind: str) -> tuple[RestAction, ...]:
    return {"comments": known.comments, "users": known.users}.get(kind, known.issues)
