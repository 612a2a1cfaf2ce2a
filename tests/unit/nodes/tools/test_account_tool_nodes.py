"""The tools that act in an account at a service: what all have alike, mailboxes and trackers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from account_wire import LOGIN, SECRET, answer, build, place_of, query_of, sent

from flowisectl.engine.node import Node
from flowisectl.errors import FlowError, InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.http import HttpFailed
from flowisectl.nodes.tools.code_interpreter_e2b import CodeInterpreterE2B
from flowisectl.nodes.tools.google_calendar_tool import GoogleCalendarTool
from flowisectl.nodes.tools.google_docs_tool import GoogleDocsTool
from flowisectl.nodes.tools.google_drive_tool import GoogleDriveTool
from flowisectl.nodes.tools.google_sheets_tool import GoogleSheetsTool
from flowisectl.nodes.tools.jira_tool import JiraTool
from flowisectl.nodes.tools.microsoft_outlook import MicrosoftOutlook
from flowisectl.nodes.tools.stripe_agent_tool import StripeAgentTool

ACCOUNTS: list[tuple[Node, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (GoogleSheetsTool(), {"sheetsType": "spreadsheet", "spreadsheetActions": '["getSpreadsheet"]'}, LOGIN, {"spreadsheetId": "s"}),
    (GoogleDocsTool(), {"actions": '["getTextContent"]'}, LOGIN, {"documentId": "d"}),
    (GoogleDriveTool(), {"driveType": "file", "fileActions": '["downloadFile"]'}, LOGIN, {"fileId": "f"}),
    (GoogleCalendarTool(), {"calendarType": "event", "eventActions": '["listEvents"]'}, LOGIN, {"calendarId": "primary"}),
    (MicrosoftOutlook(), {"outlookType": "message", "messageActions": '["listMessages"]'}, LOGIN, {}),
    (JiraTool(), {"jiraHost": "https://j.test", "jiraType": "issues", "issueActions": '["getIssue"]'},
     {"username": "u", "accessToken": SECRET}, {"issueKey": "A-1"}),
    (StripeAgentTool(), {"customers": '["create"]'}, {"stripeApiToken": SECRET}, {"name": "Ann"}),
    (CodeInterpreterE2B(), {}, {"e2bApiKey": SECRET}, {"input": "1"}),
]  # fmt: skip


@pytest.mark.parametrize(("node", "inputs", "credential", "arguments"), ACCOUNTS)
class TestEveryAccount:
    async def test_a_wrong_key_is_told_without_the_key(self, node: Node, inputs: Any, credential: Any, arguments: Any) -> None:
        (tool,), _ = await build(node, answer({"error": {"message": f"{SECRET} is not valid"}}, 401), credential=credential, **inputs)

        with pytest.raises(ProviderError, match="401") as caught:
            await tool.call(arguments, {})
        assert SECRET not in str(caught.value)

    async def test_a_service_that_cannot_be_reached_is_told(self, node: Node, inputs: Any, credential: Any, arguments: Any) -> None:
        (tool,), _ = await build(node, HttpFailed("no connection"), credential=credential, **inputs)

        with pytest.raises(ProviderError, match="no connection"):
            await tool.call(arguments, {})

    async def test_a_credential_is_needed(self, node: Node, inputs: Any, credential: Any, arguments: Any) -> None:
        with pytest.raises(MissingInput):
            (tool,), _ = await build(node, credential={}, **inputs)
            await tool.call(arguments, {})


class TestEveryAction:
    async def test_an_id_of_a_model_does_not_lead_to_another_place(self) -> None:
        (tool,), http = await build(GoogleDriveTool(), driveType="file", fileActions='["deleteFile"]')

        with pytest.raises(ProviderError, match="which is none"):
            await tool.call({"fileId": ".."}, {})

        assert http.calls == []

    async def test_an_argument_that_is_fixed_to_nothing_is_left_to_the_model(self) -> None:
        (tool,), http = await build(GoogleDriveTool(), answer({}), driveType="file", fileActions='["getFile"]', fileId="")

        await tool.call({"fileId": "f1"}, {})

        assert tool.spec.parameters["required"] == ["fileId"]
        assert place_of(http.calls[0]) == ("GET", "/drive/v3/files/f1")
        with pytest.raises(FlowError, match="lacks fileId"):
            await tool.call({}, {})


class TestOutlook:
    async def test_a_mail_is_sent_with_what_its_own_inputs_fix(self) -> None:
        (draft, send), http = await build(
            MicrosoftOutlook(), answer({"id": "m1"}, 201), answer(None, 202), outlookType="message",
            messageActions='["createDraftMessage", "sendMessage"]', subjectSendMessage="Fixed", ccCreateDraftMessage="boss@x.test",
        )  # fmt: skip

        await draft.call({"to": "ann@x.test", "subject": "Hi", "body": "<b>x</b>"}, {})
        await send.call({"to": "ann@x.test, bob@x.test", "body": "plain"}, {})

        assert sent(http.calls[0]) == {
            "subject": "Hi", "body": {"contentType": "HTML", "content": "<b>x</b>"},
            "toRecipients": [{"emailAddress": {"address": "ann@x.test"}}], "ccRecipients": [{"emailAddress": {"address": "boss@x.test"}}],
        }  # fmt: skip
        assert place_of(http.calls[1]) == ("POST", "/v1.0/me/sendMail")
        message = sent(http.calls[1])["message"]
        assert (message["subject"], message["body"]["contentType"], len(message["toRecipients"])) == ("Fixed", "Text", 2)

    async def test_events_are_listed_and_made(self) -> None:
        (find, make), http = await build(
            MicrosoftOutlook(), answer({"value": []}), answer({"id": "e"}), outlookType="calendar",
            calendarActions='["listEvents", "createEvent"]', calendarIdListEvents="c1", maxResultsListEvents=5, timeZoneCreateEvent="UTC",
        )  # fmt: skip

        await find.call({"startDateTime": "t0", "endDateTime": "t1"}, {})
        await make.call({"subject": "Lunch", "startDateTime": "t0", "endDateTime": "t1", "attendees": "a@x.test"}, {})

        assert place_of(http.calls[0]) == ("GET", "/v1.0/me/calendars/c1/calendarView")
        assert query_of(http.calls[0]) == {"$top": ["5"], "startDateTime": ["t0"], "endDateTime": ["t1"]}
        assert sent(http.calls[1]) == {
            "subject": "Lunch", "start": {"dateTime": "t0", "timeZone": "UTC"}, "end": {"dateTime": "t1", "timeZone": "UTC"},
            "attendees": [{"emailAddress": {"address": "a@x.test"}, "type": "required"}],
        }  # fmt: skip

    async def test_messages_are_moved_marked_and_answered(self) -> None:
        actions = ["moveMessage", "updateMessage", "replyMessage", "forwardMessage"]
        (move, mark, reply, forward), http = await build(
            MicrosoftOutlook(), *[answer({})] * 4, outlookType="message", messageActions=actions, messageIdMoveMessage="m1"
        )

        await move.call({"destinationFolderId": "archive"}, {})
        await mark.call({"messageId": "m2", "isRead": False}, {})
        await reply.call({"messageId": "m2", "replyBody": "Thanks"}, {})
        await forward.call({"messageId": "m2", "forwardTo": "a@x.test"}, {})

        assert [sent(call) for call in http.calls] == [
            {"destinationId": "archive"}, {"isRead": False}, {"comment": "Thanks"},
            {"comment": "", "toRecipients": [{"emailAddress": {"address": "a@x.test"}}]},
        ]  # fmt: skip

    async def test_no_and_unknown_actions_are_told(self) -> None:
        with pytest.raises(MissingInput, match="has no action"):
            await build(MicrosoftOutlook(), outlookType="calendar")
        with pytest.raises(InvalidFlow, match="'fly' is not supported"):
            await build(MicrosoftOutlook(), outlookType="calendar", calendarActions='["fly"]')


class TestJira:
    CLOUD = {"username": "u", "accessToken": SECRET}  # noqa: RUF012
    OWN = {"bearerToken": SECRET}  # noqa: RUF012

    async def test_the_cloud_takes_documents_a_server_of_ones_own_plain_texts(self) -> None:
        arguments = {"projectKey": "AB", "summary": "S", "description": "one\ntwo", "assigneeAccountId": "ann", "labels": ["l"]}
        choice: dict[str, Any] = {
            "jiraHost": "https://j.test/",
            "jiraType": "issues",
            "issueActions": '["createIssue"]',
            "issueType": "Bug",
        }
        (cloud,), in_cloud = await build(JiraTool(), answer({"key": "AB-1"}), credential=self.CLOUD, **choice)
        (own,), at_home = await build(JiraTool(), answer({"key": "AB-1"}), credential=self.OWN, **choice)

        await cloud.call(arguments, {})
        await own.call(arguments, {})

        assert (in_cloud.calls[0].url, at_home.calls[0].url) == ("https://j.test/rest/api/3/issue", "https://j.test/rest/api/2/issue")
        fields = sent(in_cloud.calls[0])["fields"]
        assert [line["content"][0]["text"] for line in fields["description"]["content"]] == ["one", "two"]
        assert (fields["project"], fields["issuetype"], fields["assignee"]) == ({"key": "AB"}, {"name": "Bug"}, {"accountId": "ann"})
        assert (fields["summary"], fields["labels"]) == ("S", ["l"])
        assert sent(at_home.calls[0])["fields"]["description"] == "one\ntwo"
        assert at_home.calls[0].headers["authorization"] == f"Bearer {SECRET}"

    async def test_issues_are_found_by_their_project_or_a_search(self) -> None:
        (tool,), http = await build(
            JiraTool(), answer({"issues": []}), answer({"issues": []}), credential=self.CLOUD, jiraHost="https://j.test", jiraType="issues",
            issueActions='["listIssues"]', issueMaxResults="7",
        )  # fmt: skip

        await tool.call({"projectKey": 'A"B'}, {})
        await tool.call({"jql": "status = Open"}, {})

        assert sent(http.calls[0])["jql"] == 'project = "A\\"B" ORDER BY created DESC'
        assert (sent(http.calls[1])["jql"], sent(http.calls[1])["maxResults"]) == ("status = Open", 7)

    async def test_comments_and_states(self) -> None:
        (comment,), http = await build(
            JiraTool(), answer({"id": "1"}), credential=self.CLOUD, jiraHost="https://j.test", jiraType="comments",
            commentActions='["createComment"]', commentIssueKey="AB-1",
        )  # fmt: skip
        (move,), moved = await build(
            JiraTool(),
            answer(None, 204),
            credential=self.CLOUD,
            jiraHost="https://j.test",
            jiraType="issues",
            issueActions='["transitionIssue"]',
        )

        await comment.call({"text": "Done", "visibility": {"type": "role", "value": "Team"}}, {})
        outcome = await move.call({"issueKey": "AB-1", "transitionId": 31}, {})

        assert place_of(http.calls[0]) == ("POST", "/rest/api/3/issue/AB-1/comment")
        assert sent(http.calls[0])["body"]["type"] == "doc"
        assert sent(http.calls[0])["visibility"] == {"type": "role", "value": "Team"}
        assert (sent(moved.calls[0]), orjson.loads(outcome.text)) == ({"transition": {"id": "31"}}, {"success": True})

    async def test_users(self) -> None:
        choice: dict[str, Any] = {"jiraHost": "https://j.test", "jiraType": "users"}
        (find, change), cloud = await build(
            JiraTool(), answer([]), credential=self.CLOUD, userActions='["searchUsers", "updateUser"]', **choice
        )
        (own,), at_home = await build(JiraTool(), answer({}), credential=self.OWN, userActions='["updateUser"]', **choice)

        await find.call({"query": "ann"}, {})
        await own.call({"accountId": "ann", "emailAddress": "a@x.test"}, {})

        assert query_of(cloud.calls[0]) == {"query": ["ann"]}
        assert (query_of(at_home.calls[0]), sent(at_home.calls[0])) == ({"username": ["ann"]}, {"emailAddress": "a@x.test"})
        with pytest.raises(FlowError, match="cannot change a user"):
            await change.call({"accountId": "ann"}, {})

    @pytest.mark.parametrize(("enabled", "trusted"), [(True, b"PEM"), (False, b"")])
    async def test_a_certificate_of_its_own_vouches_for_the_server(self, enabled: bool, trusted: bytes) -> None:
        (tool,), http = await build(
            JiraTool(), answer({"issues": []}), credential=self.CLOUD, jiraHost="https://j.test", jiraType="issues",
            issueActions='["listIssues"]', enableSSL=enabled, caFile="data:application/x-pem-file;base64,UEVN,filename:ca.pem",
        )  # fmt: skip

        await tool.call({"projectKey": "AB"}, {})

        assert http.calls[0].trusted == trusted
