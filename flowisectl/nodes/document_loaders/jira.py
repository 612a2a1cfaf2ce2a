"""The issues of a Jira project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.clients.atlassian_text import document_text
from flowisectl.clients.jira import jira_service
from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import FlowError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of

AT_ONCE = 100
MAX_ISSUES = 50_000
FIELDS = ("summary", "description", "status", "issuetype", "priority", "assignee", "reporter", "labels", "created", "updated", "project")
_GONE = (404, 405, 410)


class Jira(Node):
    definition = NodeDefinition(
        name="jira",
        label="Jira",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="The issues of a Jira project",
        credential=CredentialParam(("jiraApi",)),
        inputs=(
            NodeParam("host", "Host", "string", placeholder="https://jira.example.com"),
            NodeParam("projectKey", "Project Key", "string", default="main"),
            NodeParam("limitPerRequest", "Limit per request", "number", optional=True, placeholder="100", step=1),
            NodeParam("createdAfter", "Created after", "string", optional=True, placeholder="2024-01-01"),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        token, host = require_key(inputs, "accessToken"), str(inputs.require("host")).strip().rstrip("/")
        service = jira_service(context.http, host, name=inputs.secret("username"), token=token)
        project = inputs.text("projectKey", "main")
        jql = f"project = {_quoted(project)}"
        if after := inputs.text("createdAfter"):
            jql += f" AND created >= {_quoted(after)}"
        size = max(1, min(inputs.integer("limitPerRequest") or AT_ONCE, AT_ONCE))
        issues = await _issues(service, f"{jql} ORDER BY created ASC", size)
        return await answer_of(inputs, lambda: [_document(issue, host, project) for issue in issues])


async def _issues(service: RestService, jql: str, size: int) -> list[Mapping[str, Any]]:
    """Jira in the cloud goes on by a token, a server of one's own, which does not know that search, by a number.

    https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/
    """
    found: list[Mapping[str, Any]] = []
    request: dict[str, Any] = {"jql": jql, "maxResults": size, "fields": list(FIELDS)}
    path, goes_on = "/rest/api/3/search/jql", dict[str, Any]()
    while True:
        response = await service.call("POST", path, {**request, **goes_on}, accept=() if found or goes_on else _GONE)
        if response.status in _GONE:
            path, goes_on = "/rest/api/2/search", {"startAt": 0}
            continue
        answer = service.read(response) or {}
        issues = answer.get("issues") or []
        found += issues
        if len(found) > MAX_ISSUES:
            raise FlowError(f"the project has more than {MAX_ISSUES} issues: load those after a later date")
        if "startAt" in goes_on:
            is_last, goes_on = len(found) >= int(answer.get("total") or 0), {"startAt": len(found)}
        else:
            is_last, goes_on = not answer.get("nextPageToken"), {"nextPageToken": answer.get("nextPageToken")}
        if is_last or not issues:
            return found


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _document(issue: Mapping[str, Any], host: str, project: str) -> Document:
    fields = issue.get("fields") or {}
    shown = {
        "Issue": issue.get("key"),
        "Summary": fields.get("summary"),
        "Type": _name(fields.get("issuetype")),
        "Status": _name(fields.get("status")),
        "Priority": _name(fields.get("priority")),
        "Assignee": _name(fields.get("assignee")),
        "Reporter": _name(fields.get("reporter")),
        "Labels": ", ".join(str(label) for label in fields.get("labels") or []),
        "Created": fields.get("created"),
        "Updated": fields.get("updated"),
    }
    lines = [f"{name}: {value}" for name, value in shown.items() if value]
    text = document_text(fields.get("description"))
    return Document(
        page_content="\n".join([*lines, "", text] if text else lines),
        metadata={
            "id": issue.get("id"),
            "issue_key": issue.get("key"),
            "source": f"{host}/browse/{issue.get('key')}",
            "host": host,
            "projectKey": project,
            "created": fields.get("created"),
        },
    )


def _name(value: Any) -> str:
    return str(value.get("displayName") or value.get("name") or "") if isinstance(value, Mapping) else ""
