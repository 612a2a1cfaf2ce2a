"""The inputs of the node jiraTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.node import NodeParam
from flowisectl.nodes.tools._account_params import action_choice, fixed_argument, kind_choice

_issue = partial(fixed_argument, "issueActions")
_comment = partial(fixed_argument, "commentActions")
_user = partial(fixed_argument, "userActions")
_WRITTEN = ("createIssue", "updateIssue")
_KEY = "PROJ-123"

PARAMS = (
    NodeParam("jiraHost", "Host", "string", placeholder="https://example.atlassian.net"),
    NodeParam("enableSSL", "Enable SSL Certificate", "boolean", default=False, optional=True),
    NodeParam("caFile", "SSL Certificate", "file", file_type=".pem, .crt", optional=True, show={"enableSSL": True}),
    kind_choice("jiraType", {"issues": "Issues", "comments": "Issue Comments", "users": "Users"}),
    action_choice(
        "issueActions",
        "Issue Actions",
        {
            "listIssues": "List Issues",
            "createIssue": "Create Issue",
            "getIssue": "Get Issue",
            "updateIssue": "Update Issue",
            "deleteIssue": "Delete Issue",
            "assignIssue": "Assign Issue",
            "transitionIssue": "Transition Issue",
        },
        jiraType="issues",
    ),
    action_choice(
        "commentActions",
        "Comment Actions",
        {
            "listComments": "List Comments",
            "createComment": "Create Comment",
            "getComment": "Get Comment",
            "updateComment": "Update Comment",
            "deleteComment": "Delete Comment",
        },
        jiraType="comments",
    ),
    action_choice(
        "userActions",
        "User Actions",
        {
            "searchUsers": "Search Users",
            "getUser": "Get User",
            "createUser": "Create User",
            "updateUser": "Update User",
            "deleteUser": "Delete User",
        },
        jiraType="users",
    ),
    _issue("projectKey", "Project Key", "listIssues", "createIssue", placeholder="PROJ"),
    _issue("issueType", "Issue Type", "createIssue", placeholder="Bug, Task, Story"),
    _issue("issueSummary", "Summary", *_WRITTEN),
    _issue("issueDescription", "Description", *_WRITTEN),
    _issue("issuePriority", "Priority", *_WRITTEN, placeholder="Highest, High, Medium, Low, Lowest"),
    _issue("issueKey", "Issue Key", "getIssue", "updateIssue", "deleteIssue", "assignIssue", "transitionIssue", placeholder=_KEY),
    _issue("assigneeAccountId", "Assignee Account ID", "assignIssue", *_WRITTEN),
    _issue("transitionId", "Transition ID", "transitionIssue"),
    _issue("jqlQuery", "JQL Query", "listIssues", placeholder='project = PROJ AND status = "To Do"'),
    _issue("issueMaxResults", "Max Results", "listIssues", type="number", default=50),
    _comment("commentIssueKey", "Issue Key (for Comments)", "listComments", "createComment", placeholder=_KEY),
    _comment("commentText", "Comment Text", "createComment", "updateComment"),
    _comment("commentId", "Comment ID", "getComment", "updateComment", "deleteComment"),
    _user("userQuery", "Search Query", "searchUsers", placeholder="john.doe"),
    _user("userAccountId", "Account ID", "getUser", "updateUser", "deleteUser"),
    _user("userEmail", "Email Address", "createUser", "updateUser", placeholder="user@example.com"),
    _user("userDisplayName", "Display Name", "createUser", "updateUser"),
    _user("userMaxResults", "User Max Results", "searchUsers", type="number", default=50),
)
