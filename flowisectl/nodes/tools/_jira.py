"""What Jira can be asked to do (https://developer.atlassian.com/cloud/jira/platform/rest/v3/, …/server/jira/platform/rest/).

A server of one's own, which takes a token alone, speaks version 2: texts are plain there, users have names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowisectl.clients.atlassian_text import text_document
from flowisectl.clients.rest import RestService
from flowisectl.errors import FlowError
from flowisectl.nodes.tools._rest_actions import Arguments, RestAction

_ISSUE = {"issueKey": "The key of the issue, as ABC-12"}
_COMMENT = {**_ISSUE, "commentId": "The id of the comment"}
_TEXT = {"commentText": "The comment"}
_USER = {"userAccountId": "The id of the user"}
_PERSON = {"userEmail": "The address", "userDisplayName": "The name that is shown"}
_DETAILS = {
    "issueSummary": "The title",
    "issueDescription": "What it is about",
    "issuePriority": "The priority, as High",
    "assigneeAccountId": "The id of the user who works on it",
}
_FIELDS = ("summary", "description", "status", "issuetype", "priority", "assignee", "reporter", "labels", "created", "updated", "project")


@dataclass(frozen=True, kw_only=True)
class JiraActions:
    issues: tuple[RestAction, ...]
    comments: tuple[RestAction, ...]
    users: tuple[RestAction, ...]


def jira_actions(*, in_cloud: bool) -> JiraActions:
    root = "/rest/api/3" if in_cloud else "/rest/api/2"
    person = "accountId" if in_cloud else "name"
    of_user = "accountId" if in_cloud else "username"
    one, comment = f"{root}/issue/{{issueKey}}", f"{root}/issue/{{issueKey}}/comment/{{commentId}}"

    def text(value: Any) -> Any:
        return text_document(str(value)) if in_cloud else str(value)

    def details(values: Arguments) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if values.get("issueSummary"):
            fields["summary"] = str(values["issueSummary"])
        if values.get("issueDescription"):
            fields["description"] = text(values["issueDescription"])
        if values.get("issuePriority"):
            fields["priority"] = {"name": str(values["issuePriority"])}
        if values.get("assigneeAccountId"):
            fields["assignee"] = {person: str(values["assigneeAccountId"])}
        return {"fields": fields}

    def new_issue(values: Arguments) -> dict[str, Any]:
        place = {"project": {"key": str(values["projectKey"])}, "issuetype": {"name": str(values.get("issueType") or "Task")}}
        return {"fields": {**place, **details(values)["fields"]}}

    def search(values: Arguments) -> dict[str, Any]:
        project = str(values.get("projectKey") or "").replace("\\", "\\\\").replace('"', '\\"')
        jql = str(values.get("jqlQuery") or "") or (f'project = "{project}" ORDER BY created DESC' if project else "ORDER BY created DESC")
        return {"jql": jql, "maxResults": _whole(values.get("issueMaxResults"), 50), "fields": list(_FIELDS)}

    def new_user(values: Arguments) -> dict[str, Any]:
        user = {"emailAddress": str(values["userEmail"]), "displayName": str(values.get("userDisplayName") or values["userEmail"])}
        return {**user, "products": []} if in_cloud else {**user, "name": str(values["userEmail"])}

    def changed_user(values: Arguments) -> dict[str, Any]:
        given = (("userEmail", "emailAddress"), ("userDisplayName", "displayName"))
        return {name: str(values[argument]) for argument, name in given if values.get(argument)}

    def said(values: Arguments) -> dict[str, Any]:
        return {"body": text(values["commentText"])}

    issues = (
        _action("listIssues", "list_issues", "Finds issues", "POST", f"{root}/search/jql" if in_cloud else f"{root}/search",
                {"projectKey": "The key of the project", "jqlQuery": "A search in JQL", "issueMaxResults": "how many at most:number"},
                body=search),
        _action("createIssue", "create_issue", "Makes an issue", "POST", f"{root}/issue",
                {"projectKey": "The key of the project", "issueType": "Its kind, as Bug", **_DETAILS}, "projectKey", "issueSummary",
                body=new_issue),
        _action("getIssue", "get_issue", "Reads an issue", "GET", one, _ISSUE, "issueKey"),
        _action("updateIssue", "update_issue", "Changes an issue", "PUT", one, {**_ISSUE, **_DETAILS}, "issueKey", body=details),
        _action("deleteIssue", "delete_issue", "Deletes an issue", "DELETE", one, _ISSUE, "issueKey"),
        _action("assignIssue", "assign_issue", "Gives an issue to a user", "PUT", f"{one}/assignee",
                {**_ISSUE, "assigneeAccountId": "The id of the user"}, "issueKey", "assigneeAccountId",
                body=lambda values: {person: str(values["assigneeAccountId"])}),
        _action("transitionIssue", "transition_issue", "Brings an issue to another state", "POST", f"{one}/transitions",
                {**_ISSUE, "transitionId": "The id of the transition"}, "issueKey", "transitionId",
                body=lambda values: {"transition": {"id": str(values["transitionId"])}}),
    )  # fmt: skip
    comments = (
        _action("listComments", "list_comments", "Lists an issue's comments", "GET", f"{one}/comment", _ISSUE, "issueKey"),
        _action("createComment", "create_comment", "Comments on an issue", "POST", f"{one}/comment", {**_ISSUE, **_TEXT},
                "issueKey", "commentText", body=said),
        _action("getComment", "get_comment", "Reads a comment", "GET", comment, _COMMENT, "issueKey", "commentId"),
        _action("updateComment", "update_comment", "Changes a comment", "PUT", comment, {**_COMMENT, **_TEXT},
                "issueKey", "commentId", "commentText", body=said),
        _action("deleteComment", "delete_comment", "Deletes a comment", "DELETE", comment, _COMMENT, "issueKey", "commentId"),
    )  # fmt: skip
    users = (
        _action("searchUsers", "search_users", "Finds users", "GET", f"{root}/user/search",
                {"userQuery": "A name or an address", "userMaxResults": "how many at most:number"}, "userQuery",
                query={"userQuery": "query" if in_cloud else "username", "userMaxResults": "maxResults"}),
        _action("getUser", "get_user", "Reads about a user", "GET", f"{root}/user", _USER, "userAccountId",
                query={"userAccountId": of_user}),
        _action("createUser", "create_user", "Makes a user", "POST", f"{root}/user", _PERSON, "userEmail", body=new_user),
        _action("updateUser", "update_user", "Changes a user", "PUT", f"{root}/user", {**_USER, **_PERSON}, "userAccountId",
                query={"userAccountId": of_user}, body=changed_user, act=_no_change if in_cloud else None),
        _action("deleteUser", "delete_user", "Deletes a user", "DELETE", f"{root}/user", _USER, "userAccountId",
                query={"userAccountId": of_user}),
    )  # fmt: skip
    return JiraActions(issues=issues, comments=comments, users=users)


async def _no_change(service: RestService, values: Arguments) -> Any:
    raise FlowError("Jira in the cloud cannot change a user: only the user can, or an administrator of the organisation")


def _whole(value: Any, default: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def _action(
    key: str, tool: str, description: str, method: str, path: str, arguments: dict[str, str], *required: str, **more: Any
) -> RestAction:
    return RestAction(key=key, tool=tool, description=description, method=method, path=path, arguments=arguments, required=required, **more)
