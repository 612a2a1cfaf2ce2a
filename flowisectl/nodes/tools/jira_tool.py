"""Lets an agent use Jira."""

from __future__ import annotations

from flowisectl.clients.jira import jira_service
from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.errors import InvalidFlow, MissingInput
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._jira import JiraActions, jira_actions
from flowisectl.nodes.tools._jira_params import PARAMS
from flowisectl.nodes.tools._rest_actions import RestAction, chosen, rest_tool

IN_CLOUD, OWN_SERVER = jira_actions(in_cloud=True), jira_actions(in_cloud=False)
SHARED = (
    "projectKey", "issueType", "issueSummary", "issueDescription", "issuePriority", "issueKey", "assigneeAccountId", "transitionId",
    "jqlQuery", "issueMaxResults", "commentText", "commentId", "userQuery", "userAccountId", "userEmail", "userDisplayName",
    "userMaxResults",
)  # fmt: skip
"""Inputs that fix the argument of the same name."""


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
        if inputs.flag("enableSSL") and inputs.get("caFile"):
            raise InvalidFlow(
                f"node {inputs.node_id!r} ({inputs.label}): certificates of its own are not supported yet: remove the SSL certificate"
            )
        name, token, bearer = (inputs.secret(field) for field in ("username", "accessToken", "bearerToken"))
        if not bearer and not (name and token):
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no access token: choose a credential")

        async def service() -> RestService:
            return jira_service(context.http, host, name=name, token=token, bearer=bearer)

        field, actions = _kind(inputs, OWN_SERVER if bearer else IN_CLOUD)
        fixed = {argument: inputs.get(argument) for argument in SHARED if inputs.get(argument) is not None}
        if inputs.text("jiraType") == "comments" and inputs.get("commentIssueKey") is not None:
            fixed["issueKey"] = inputs.get("commentIssueKey")
        return [
            rest_tool(action, service, {key: value for key, value in fixed.items() if key in action.arguments})
            for action in chosen(actions, inputs.json(field), inputs)
        ]


def _kind(inputs: NodeInputs, actions: JiraActions) -> tuple[str, tuple[RestAction, ...]]:
    match inputs.text("jiraType"):
        case "comments":
            return "commentActions", actions.comments
        case "users":
            return "userActions", actions.users
    return "issueActions", actions.issues
