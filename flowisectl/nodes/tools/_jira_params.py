"""The inputs of the node jiraTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option

PARAMS = (
    NodeParam("jiraHost", "Host", "string", placeholder="https://example.atlassian.net"),
    NodeParam("enableSSL", "Enable SSL Certificate", "boolean", default=False, optional=True),
    NodeParam("caFile", "SSL Certificate", "file", optional=True, show={"enableSSL": True}),
    NodeParam(
        "jiraType",
        "Type",
        "options",
        options=(
            Option("Issues", "issues"),
            Option("Issue Comments", "comments"),
            Option("Users", "users"),
        ),
    ),
    NodeParam(
        "issueActions",
        "Issue Actions",
        "multiOptions",
        options=(
            Option("List Issues", "listIssues"),
            Option("Create Issue", "createIssue"),
            Option("Get Issue", "getIssue"),
            Option("Update Issue", "updateIssue"),
            Option("Delete Issue", "deleteIssue"),
            Option("Assign Issue", "assignIssue"),
            Option("Transition Issue", "transitionIssue"),
        ),
        show={"jiraType": ["issues"]},
    ),
    NodeParam(
        "commentActions",
        "Comment Actions",
        "multiOptions",
        options=(
            Option("List Comments", "listComments"),
            Option("Create Comment", "createComment"),
            Option("Get Comment", "getComment"),
            Option("Update Comment", "updateComment"),
            Option("Delete Comment", "deleteComment"),
        ),
        show={"jiraType": ["comments"]},
    ),
    NodeParam(
        "userActions",
        "User Actions",
        "multiOptions",
        options=(
            Option("Search Users", "searchUsers"),
            Option("Get User", "getUser"),
            Option("Create User", "createUser"),
            Option("Update User", "updateUser"),
            Option("Delete User", "deleteUser"),
        ),
        show={"jiraType": ["users"]},
    ),
    NodeParam(
        "projectKey",
        "Project Key",
        "string",
        optional=True,
        placeholder="PROJ",
        additional=True,
        show={"issueActions": ["listIssues", "createIssue"]},
    ),
    NodeParam(
        "issueType",
        "Issue Type",
        "string",
        optional=True,
        placeholder="Bug, Task, Story",
        additional=True,
        show={"issueActions": ["createIssue"]},
    ),
    NodeParam("issueSummary", "Summary", "string", optional=True, additional=True, show={"issueActions": ["createIssue", "updateIssue"]}),
    NodeParam(
        "issueDescription", "Description", "string", optional=True, additional=True, show={"issueActions": ["createIssue", "updateIssue"]}
    ),
    NodeParam(
        "issuePriority",
        "Priority",
        "string",
        optional=True,
        placeholder="Highest, High, Medium, Low, Lowest",
        additional=True,
        show={"issueActions": ["createIssue", "updateIssue"]},
    ),
    NodeParam(
        "issueKey",
        "Issue Key",
        "string",
        optional=True,
        placeholder="PROJ-123",
        additional=True,
        show={"issueActions": ["getIssue", "updateIssue", "deleteIssue", "assignIssue", "transitionIssue"]},
    ),
    NodeParam(
        "assigneeAccountId",
        "Assignee Account ID",
        "string",
        optional=True,
        additional=True,
        show={"issueActions": ["assignIssue", "createIssue", "updateIssue"]},
    ),
    NodeParam("transitionId", "Transition ID", "string", optional=True, additional=True, show={"issueActions": ["transitionIssue"]}),
    NodeParam(
        "jqlQuery",
        "JQL Query",
        "string",
        optional=True,
        placeholder='project = PROJ AND status = "To Do"',
        additional=True,
        show={"issueActions": ["listIssues"]},
    ),
    NodeParam(
        "issueMaxResults", "Max Results", "number", default=50, optional=True, additional=True, show={"issueActions": ["listIssues"]}
    ),
    NodeParam(
        "commentIssueKey",
        "Issue Key (for Comments)",
        "string",
        optional=True,
        placeholder="PROJ-123",
        additional=True,
        show={"commentActions": ["listComments", "createComment"]},
    ),
    NodeParam(
        "commentText", "Comment Text", "string", optional=True, additional=True, show={"commentActions": ["createComment", "updateComment"]}
    ),
    NodeParam(
        "commentId",
        "Comment ID",
        "string",
        optional=True,
        additional=True,
        show={"commentActions": ["getComment", "updateComment", "deleteComment"]},
    ),
    NodeParam(
        "userQuery", "Search Query", "string", optional=True, placeholder="john.doe", additional=True, show={"userActions": ["searchUsers"]}
    ),
    NodeParam(
        "userAccountId",
        "Account ID",
        "string",
        optional=True,
        additional=True,
        show={"userActions": ["getUser", "updateUser", "deleteUser"]},
    ),
    NodeParam(
        "userEmail",
        "Email Address",
        "string",
        optional=True,
        placeholder="user@example.com",
        additional=True,
        show={"userActions": ["createUser", "updateUser"]},
    ),
    NodeParam(
        "userDisplayName", "Display Name", "string", optional=True, additional=True, show={"userActions": ["createUser", "updateUser"]}
    ),
    NodeParam(
        "userMaxResults", "User Max Results", "number", default=50, optional=True, additional=True, show={"userActions": ["searchUsers"]}
    ),
)
