"""What Jira can be asked to do (https://developer.atlassian.com/cloud/jira/platform/rest/v3/, …/server/jira/platform/rest/).

A server of one's own, which takes a token alone, speaks version 2: texts are plain there, users have names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowisectl.clients.atlassian_text import text_document
from flowisectl.clients.rest import RestService
from flowisectl.errors import FlowError
from flowisectl.nodes.tools._rest_actions import Arguments, RestAction, action, names

_ISSUE = {"issueKey": "The key of the issue, as ABC-12"}
_COMMENT = {**_ISSUE, "commentId": "The id of the comment"}
_TEXT = {"text": "The comment"}
_USER = {"accountId": "The id of the user"}
_PERSON = {"emailAddress": "The address", "displayName": "The name that is shown"}
_DETAILS = {
    "summary": "The title",
    "description": "What it is about",
    "priority": "The priority, as High",
    "assigneeAccountId": "The id of the user who works on it",
}
_PAGE = {"maxResults": "how many at most:number", "startAt": "how many to leave out:number"}
_PAGE_QUERY = {"maxResults": "maxResults", "startAt": "startAt"}
_FIELDS = ("summary", "description", "status", "issuetype", "priority", "assignee", "reporter", "labels", "created", "updated", "project")


@dataclass(frozen=True, kw_only=True)
class JiraActions:
    issues: tuple[RestAction, ...]
    comments: tuple[RestAction, ...]
    users: tuple[RestAction, ...]


def jira_actions(*, in_cloud: bool) -> JiraActions:
    """Servers of one's own know an older version of the API."""
    return JiraActions(issues=_issues(in_cloud), comments=_comments(in_cloud), users=_users(in_cloud))


def _root(in_cloud: bool) -> str:
    return "/rest/api/3" if in_cloud else "/rest/api/2"


def _text(value: Any, in_cloud: bool) -> Any:
    return text_document(str(value)) if in_cloud else str(value)


def _issues(in_cloud: bool) -> tuple[RestAction, ...]:
    root, person = _root(in_cloud), "accountId" if in_cloud else "name"
    one = f"{root}/issue/{{issueKey}}"

    def details(values: Arguments) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if values.get("summary"):
            fields["summary"] = str(values["summary"])
        if values.get("description"):
            fields["description"] = _text(values["description"], in_cloud)
        if values.get("priority"):
            fields["priority"] = {"name": str(values["priority"])}
        if values.get("labels"):
            fields["labels"] = names(values["labels"])
        if values.get("assigneeAccountId"):
            fields["assignee"] = {person: str(values["assigneeAccountId"])}
        return {"fields": fields}

    def new_issue(values: Arguments) -> dict[str, Any]:
        place = {"project": {"key": str(values["projectKey"])}, "issuetype": {"name": str(values.get("issueType") or "Task")}}
        return {"fields": {**place, **details(values)["fields"]}}

    def search(values: Arguments) -> dict[str, Any]:
        project = str(values.get("projectKey") or "").replace("\\", "\\\\").replace('"', '\\"')
        jql = str(values.get("jql") or "") or (f'project = "{project}" ORDER BY created DESC' if project else "ORDER BY created DESC")
        # Jira in the cloud turns pages by a token that no call has.
        start = {} if in_cloud or not values.get("startAt") else {"startAt": _whole(values["startAt"], 0)}
        return {"jql": jql, "maxResults": _whole(values.get("maxResults"), 50), "fields": list(_FIELDS), **start}

    return (
        action("listIssues", "list_issues", "Finds issues", "POST", f"{root}/search/jql" if in_cloud else f"{root}/search",
               {"projectKey": "The key of the project", "jql": "A search in JQL", **_PAGE}, body=search),
        action("createIssue", "create_issue", "Makes an issue", "POST", f"{root}/issue",
               {"projectKey": "The key of the project", "issueType": "Its kind, as Bug", **_DETAILS, "labels": "Its labels:list"},
               "projectKey", "summary", body=new_issue),
        action("getIssue", "get_issue", "Reads an issue", "GET", one, _ISSUE, "issueKey"),
        action("updateIssue", "update_issue", "Changes an issue", "PUT", one, {**_ISSUE, **_DETAILS}, "issueKey", body=details),
        action("deleteIssue", "delete_issue", "Deletes an issue", "DELETE", one, _ISSUE, "issueKey"),
        action("assignIssue", "assign_issue", "Gives an issue to a user", "PUT", f"{one}/assignee",
               {**_ISSUE, "assigneeAccountId": "The id of the user"}, "issueKey", "assigneeAccountId",
               body=lambda values: {person: str(values["assigneeAccountId"])}),
        action("transitionIssue", "transition_issue", "Brings an issue to another state", "POST", f"{one}/transitions",
               {**_ISSUE, "transitionId": "The id of the transition"}, "issueKey", "transitionId",
               body=lambda values: {"transition": {"id": str(values["transitionId"])}}),
    )  # fmt: skip


def _comments(in_cloud: bool) -> tuple[RestAction, ...]:
    all_of_one = f"{_root(in_cloud)}/issue/{{issueKey}}/comment"
    comment = f"{all_of_one}/{{commentId}}"

    def said(values: Arguments) -> dict[str, Any]:
        seen_by = {"visibility": values["visibility"]} if values.get("visibility") else {}
        return {"body": _text(values["text"], in_cloud), **seen_by}

    return (
        action("listComments", "list_comments", "Lists an issue's comments", "GET", all_of_one, {**_ISSUE, **_PAGE}, "issueKey",
               query=_PAGE_QUERY),
        action("createComment", "create_comment", "Comments on an issue", "POST", all_of_one,
               {**_ISSUE, **_TEXT, "visibility": "who sees it, as type (group or role) and value:object"},
               "issueKey", "text", body=said),
        action("getComment", "get_comment", "Reads a comment", "GET", comment, _COMMENT, "issueKey", "commentId"),
        action("updateComment", "update_comment", "Changes a comment", "PUT", comment, {**_COMMENT, **_TEXT},
               "issueKey", "commentId", "text", body=said),
        action("deleteComment", "delete_comment", "Deletes a comment", "DELETE", comment, _COMMENT, "issueKey", "commentId"),
    )  # fmt: skip


def _users(in_cloud: bool) -> tuple[RestAction, ...]:
    root, of_user = _root(in_cloud), "accountId" if in_cloud else "username"

    def new_user(values: Arguments) -> dict[str, Any]:
        address = str(values["emailAddress"])
        user = {"emailAddress": address, "displayName": str(values.get("displayName") or address)}
        return {**user, "products": []} if in_cloud else {**user, "name": str(values.get("username") or address)}

    def changed_user(values: Arguments) -> dict[str, Any]:
        return {name: str(values[name]) for name in _PERSON if values.get(name)}

    return (
        action("searchUsers", "search_users", "Finds users", "GET", f"{root}/user/search",
               {"query": "A name or an address", **_PAGE}, "query",
               query={"query": "query" if in_cloud else "username", **_PAGE_QUERY}),
        action("getUser", "get_user", "Reads about a user", "GET", f"{root}/user", _USER, "accountId", query={"accountId": of_user}),
        action("createUser", "create_user", "Makes a user", "POST", f"{root}/user",
               {**_PERSON, "username": "The name to log in with, on a server of one's own"}, "emailAddress", body=new_user),
        action("updateUser", "update_user", "Changes a user", "PUT", f"{root}/user", {**_USER, **_PERSON}, "accountId",
               query={"accountId": of_user}, body=changed_user, act=_no_change if in_cloud else None),
        action("deleteUser", "delete_user", "Deletes a user", "DELETE", f"{root}/user", _USER, "accountId",
               query={"accountId": of_user}),
    )  # fmt: skip


async def _no_change(service: RestService, values: Arguments) -> Any:
    raise FlowError("Jira in the cloud cannot change a user: only the user can, or an administrator of the organisation")


def _whole(value: Any, default: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return default
