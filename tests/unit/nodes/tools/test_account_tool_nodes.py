"""The tools that act in an account at a service: sheets, documents, calendars, drives, mailboxes, trackers, payments, sandboxes."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import orjson
import pytest

from flowisectl.engine.node import Node, NodeInputs
from flowisectl.errors import FlowError, InvalidFlow, MissingInput, ProviderError
from flowisectl.interfaces.http import HttpCall, HttpFailed, HttpResponse, Reach
from flowisectl.nodes.tools.code_interpreter_e2b import CodeInterpreterE2B
from flowisectl.nodes.tools.composio import Composio
from flowisectl.nodes.tools.google_calendar_tool import GoogleCalendarTool
from flowisectl.nodes.tools.google_docs_tool import GoogleDocsTool
from flowisectl.nodes.tools.google_drive_tool import GoogleDriveTool
from flowisectl.nodes.tools.google_sheets_tool import GoogleSheetsTool
from flowisectl.nodes.tools.jira_tool import JiraTool
from flowisectl.nodes.tools.microsoft_outlook import MicrosoftOutlook
from flowisectl.nodes.tools.stripe_agent_tool import TOOLS, StripeAgentTool
from flowisectl.testing import InMemoryBlobs, ScriptedHttp, run_context

SECRET = "tk-very-secret"
LOGIN = {"access_token": SECRET}


def answer(body: Any = None, status: int = 200) -> HttpResponse:
    data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
    return HttpResponse(status=status, reason="Reason", headers={"content-type": "application/json"}, body=data)


async def build(node: Node, *script: Any, credential: Any = LOGIN, context: Any = None, **inputs: Any) -> tuple[list[Any], ScriptedHttp]:
    http = ScriptedHttp(*script)
    values = NodeInputs(inputs, node_id="t_0", label="Tool", credential=credential)
    built = await node.build(values, run_context(http=http, **(context or {})))
    return built if isinstance(built, list) else [built], http


def sent(call: HttpCall) -> Any:
    return orjson.loads(call.body or b"null")


def place_of(call: HttpCall) -> tuple[str, str]:
    return call.method, urlsplit(call.url).path


def query_of(call: HttpCall) -> dict[str, list[str]]:
    return parse_qs(urlsplit(call.url).query)


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


class TestGoogleSheets:
    async def test_cells_are_read_and_written(self) -> None:
        (read, write, more), http = await build(
            GoogleSheetsTool(), answer({"values": []}), answer({"updatedCells": 2}), answer({"updates": {}}),
            sheetsType="values", valuesActions='["getValues", "updateValues", "appendValues"]', spreadsheetId="s/1",
            majorDimension="ROWS", valueInputOption="RAW", insertDataOption="INSERT_ROWS",
        )  # fmt: skip

        await read.call({"range": "Sheet1!A1:B2"}, {})
        await write.call({"range": "A1", "values": '[["a", 1]]'}, {})
        await more.call({"range": "A1", "values": [["b"]]}, {})

        root = "/v4/spreadsheets/s%2F1/values"
        assert [place_of(call) for call in http.calls] == [
            ("GET", f"{root}/Sheet1%21A1%3AB2"), ("PUT", f"{root}/A1"), ("POST", f"{root}/A1:append")
        ]  # fmt: skip
        assert sent(http.calls[1]) == {"majorDimension": "ROWS", "values": [["a", 1]]}
        assert query_of(http.calls[2]) == {"valueInputOption": ["RAW"], "insertDataOption": ["INSERT_ROWS"]}

    async def test_several_groups_at_once(self) -> None:
        (read, write, clear), http = await build(
            GoogleSheetsTool(), answer({}), answer({}), answer({}), sheetsType="values",
            valuesActions=["batchGetValues", "batchUpdateValues", "batchClearValues"], spreadsheetId="s",
        )  # fmt: skip

        await read.call({"ranges": ["A1", "B2"]}, {})
        await write.call({"values": '[{"range": "A1", "values": [[1]]}]'}, {})
        await clear.call({"ranges": "A1, B2"}, {})

        assert query_of(http.calls[0])["ranges"] == ["A1", "B2"]
        assert sent(http.calls[1]) == {"valueInputOption": "USER_ENTERED", "data": [{"range": "A1", "values": [[1]]}]}
        assert sent(http.calls[2]) == {"ranges": ["A1", "B2"]}
        with pytest.raises(FlowError, match="batch_update_values takes"):
            await write.call({"values": "[[1]]"}, {})

    async def test_a_spreadsheet_is_made(self) -> None:
        (tool,), http = await build(
            GoogleSheetsTool(), answer({"spreadsheetId": "new"}), sheetsType="spreadsheet", spreadsheetActions='["createSpreadsheet"]'
        )

        outcome = await tool.call({"title": "Plan", "sheetCount": 2}, {})

        assert orjson.loads(outcome.text) == {"spreadsheetId": "new"}
        assert sent(http.calls[0]) == {
            "properties": {"title": "Plan"}, "sheets": [{"properties": {"title": "Sheet1"}}, {"properties": {"title": "Sheet2"}}]
        }  # fmt: skip

    @pytest.mark.parametrize("values", ["[[", '{"a": 1}'])
    async def test_values_that_are_no_rows_are_told(self, values: str) -> None:
        (tool,), http = await build(
            GoogleSheetsTool(), sheetsType="values", valuesActions='["updateValues"]', spreadsheetId="s", range="A1"
        )

        with pytest.raises(FlowError, match="no JSON"):
            await tool.call({"values": values}, {})
        assert http.calls == []


class TestGoogleDocs:
    async def test_a_document_is_made_with_its_text(self) -> None:
        (tool,), http = await build(GoogleDocsTool(), answer({"documentId": "d1"}), answer({}), actions='["createDocument"]')

        outcome = await tool.call({"title": "Plan", "text": "Hello", "rows": 2, "columns": 3}, {})

        assert orjson.loads(outcome.text) == {"documentId": "d1"}
        assert [place_of(call) for call in http.calls] == [("POST", "/v1/documents"), ("POST", "/v1/documents/d1:batchUpdate")]
        assert sent(http.calls[1])["requests"] == [
            {"insertText": {"location": {"index": 1}, "text": "Hello"}},
            {"insertTable": {"rows": 2, "columns": 3, "location": {"index": 1}}},
        ]

    async def test_text_is_replaced_and_added(self) -> None:
        (swap, add), http = await build(
            GoogleDocsTool(), answer({}), answer({}), actions='["replaceText", "appendText"]', documentId="d1", matchCase="true"
        )

        await swap.call({"replaceText": "a", "newText": "b"}, {})
        await add.call({"text": "end"}, {})

        wanted = {"containsText": {"text": "a", "matchCase": True}, "replaceText": "b"}
        assert sent(http.calls[0]) == {"requests": [{"replaceAllText": wanted}]}
        assert sent(http.calls[1]) == {"requests": [{"insertText": {"endOfSegmentLocation": {}, "text": "end"}}]}

    async def test_a_text_is_read_out_of_paragraphs_tables_and_tabs(self) -> None:
        def paragraph(text: str) -> dict[str, Any]:
            return {"paragraph": {"elements": [{"textRun": {"content": text}}]}}

        table = {"table": {"tableRows": [{"tableCells": [{"content": [paragraph("cell\n")]}]}]}}
        document = {"documentId": "d1", "title": "T", "tabs": [{"documentTab": {"body": {"content": [paragraph("one\n"), table]}}}]}
        (tool,), http = await build(
            GoogleDocsTool(), answer(document), actions='["getTextContent"]', documentId="d1", includeTabsContent=True
        )

        outcome = await tool.call({}, {})

        assert orjson.loads(outcome.text)["text"] == "one\ncell\n"
        assert query_of(http.calls[0]) == {"includeTabsContent": ["true"]}

    async def test_a_change_without_anything_is_refused(self) -> None:
        (tool,), _ = await build(GoogleDocsTool(), actions='["updateDocument"]', documentId="d1")

        with pytest.raises(FlowError, match="nothing to change"):
            await tool.call({}, {})
        with pytest.raises(FlowError, match="whole number"):
            await tool.call({"text": "x", "index": "here"}, {})


class TestGoogleCalendar:
    async def test_an_event_is_made(self) -> None:
        (tool,), http = await build(
            GoogleCalendarTool(), answer({"id": "e1"}), calendarType="event", eventActions='["createEvent"]', calendarId="primary",
            timeZone="Europe/Berlin", sendUpdates="all",
        )  # fmt: skip

        await tool.call(
            {"summary": "Lunch", "startDateTime": "2026-01-31T12:00:00", "endDateTime": "2026-01-31T13:00:00",
             "attendees": "a@x.test, b@x.test",
             "recurrence": "RRULE:FREQ=WEEKLY", "reminderMinutes": 10}, {},
        )  # fmt: skip

        assert place_of(http.calls[0]) == ("POST", "/calendar/v3/calendars/primary/events")
        assert query_of(http.calls[0]) == {"sendUpdates": ["all"]}
        assert sent(http.calls[0]) == {
            "summary": "Lunch",
            "start": {"dateTime": "2026-01-31T12:00:00", "timeZone": "Europe/Berlin"},
            "end": {"dateTime": "2026-01-31T13:00:00", "timeZone": "Europe/Berlin"},
            "attendees": [{"email": "a@x.test"}, {"email": "b@x.test"}],
            "recurrence": ["RRULE:FREQ=WEEKLY"],
            "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 10}]},
        }

    async def test_a_whole_day_is_a_date(self) -> None:
        (tool,), http = await build(GoogleCalendarTool(), answer({}), calendarType="event", eventActions='["updateEvent"]', allDay=True)

        await tool.call({"calendarId": "c", "eventId": "e", "startDate": "2026-01-31", "endDate": "2026-02-01"}, {})

        assert (http.calls[0].method, sent(http.calls[0])) == ("PATCH", {"start": {"date": "2026-01-31"}, "end": {"date": "2026-02-01"}})

    async def test_events_are_found_and_time_is_asked_for(self) -> None:
        (find,), found = await build(
            GoogleCalendarTool(), answer({"items": []}), calendarType="event", eventActions='["listEvents"]', calendarId="primary",
            singleEvents=True, maxResults=5,
        )  # fmt: skip
        (ask,), asked = await build(
            GoogleCalendarTool(), answer({}), calendarType="freebusy", freebusyActions='["queryFreebusy"]', calendarIds="a, b"
        )

        await find.call({"query": "lunch"}, {})
        await ask.call({"timeMin": "t0", "timeMax": "t1"}, {})

        assert query_of(found.calls[0]) == {"singleEvents": ["true"], "maxResults": ["5"], "q": ["lunch"]}
        assert sent(asked.calls[0]) == {"timeMin": "t0", "timeMax": "t1", "items": [{"id": "a"}, {"id": "b"}]}

    async def test_a_calendar_has_inputs_of_its_own(self) -> None:
        (tool,), http = await build(
            GoogleCalendarTool(),
            answer(None, 204),
            calendarType="calendar",
            calendarActions='["deleteCalendar"]',
            calendarIdForCalendar="c/1",
        )

        outcome = await tool.call({}, {})

        assert place_of(http.calls[0]) == ("DELETE", "/calendar/v3/calendars/c%2F1")
        assert orjson.loads(outcome.text) == {"success": True}


class TestGoogleDrive:
    async def test_a_file_is_made_with_its_content(self) -> None:
        (tool,), http = await build(
            GoogleDriveTool(), answer({"id": "f1"}), answer({"id": "f1", "size": 5}), driveType="file", fileActions='["createFile"]',
            parentFolderId="p1, p2", supportsAllDrives=True,
        )  # fmt: skip

        await tool.call({"fileName": "a.txt", "fileContent": "Hello", "mimeType": "text/plain"}, {})

        assert sent(http.calls[0]) == {"name": "a.txt", "mimeType": "text/plain", "parents": ["p1", "p2"]}
        assert place_of(http.calls[1]) == ("PATCH", "/upload/drive/v3/files/f1")
        assert (http.calls[1].body, http.calls[1].headers["content-type"]) == (b"Hello", "text/plain")
        assert query_of(http.calls[1]) == {"uploadType": ["media"], "supportsAllDrives": ["true"]}

    async def test_a_document_is_exported_and_a_long_text_is_cut(self) -> None:
        about = {"id": "f1", "name": "Doc", "mimeType": "application/vnd.google-apps.document"}
        (tool,), http = await build(
            GoogleDriveTool(), answer(about), answer(b"x" * 100_001), driveType="file", fileActions='["downloadFile"]', fileId="f1"
        )

        told = orjson.loads((await tool.call({}, {})).text)

        assert (len(told["content"]), told["truncated"]) == (100_000, True)
        assert place_of(http.calls[1]) == ("GET", "/drive/v3/files/f1/export")

    async def test_folders_searches_and_shares(self) -> None:
        (look,), looked = await build(
            GoogleDriveTool(), answer({"files": []}), driveType="folder", folderActions='["listFolderContents"]', supportsAllDrives="true"
        )
        (search,), searched = await build(GoogleDriveTool(), answer({}), driveType="search", searchActions='["searchFiles"]', maxResults=3)
        (share,), shared = await build(
            GoogleDriveTool(), answer({}), driveType="share", shareActions='["shareFile"]', fileId="f", sendNotificationEmail=False
        )

        await look.call({"folderId": "it's"}, {})
        await search.call({"searchQuery": "name contains 'x'"}, {})
        await share.call({"shareRole": "reader", "shareType": "user", "emailAddress": "a@x.test"}, {})

        assert query_of(looked.calls[0])["q"] == ["'it\\'s' in parents and trashed = false"]
        assert query_of(looked.calls[0])["includeItemsFromAllDrives"] == ["true"]
        assert query_of(searched.calls[0]) == {"q": ["name contains 'x'"], "pageSize": ["3"]}
        assert sent(shared.calls[0]) == {"role": "reader", "type": "user", "emailAddress": "a@x.test"}
        assert query_of(shared.calls[0]) == {"sendNotificationEmail": ["false"]}


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
        arguments = {"projectKey": "AB", "issueSummary": "S", "issueDescription": "one\ntwo", "assigneeAccountId": "ann"}
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
        assert sent(at_home.calls[0])["fields"]["description"] == "one\ntwo"
        assert at_home.calls[0].headers["authorization"] == f"Bearer {SECRET}"

    async def test_issues_are_found_by_their_project_or_a_search(self) -> None:
        (tool,), http = await build(
            JiraTool(), answer({"issues": []}), answer({"issues": []}), credential=self.CLOUD, jiraHost="https://j.test", jiraType="issues",
            issueActions='["listIssues"]', issueMaxResults="7",
        )  # fmt: skip

        await tool.call({"projectKey": 'A"B'}, {})
        await tool.call({"jqlQuery": "status = Open"}, {})

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

        await comment.call({"commentText": "Done"}, {})
        outcome = await move.call({"issueKey": "AB-1", "transitionId": 31}, {})

        assert place_of(http.calls[0]) == ("POST", "/rest/api/3/issue/AB-1/comment")
        assert sent(http.calls[0])["body"]["type"] == "doc"
        assert (sent(moved.calls[0]), orjson.loads(outcome.text)) == ({"transition": {"id": "31"}}, {"success": True})

    async def test_users(self) -> None:
        choice: dict[str, Any] = {"jiraHost": "https://j.test", "jiraType": "users"}
        (find, change), cloud = await build(
            JiraTool(), answer([]), credential=self.CLOUD, userActions='["searchUsers", "updateUser"]', **choice
        )
        (own,), at_home = await build(JiraTool(), answer({}), credential=self.OWN, userActions='["updateUser"]', **choice)

        await find.call({"userQuery": "ann"}, {})
        await own.call({"userAccountId": "ann", "userEmail": "a@x.test"}, {})

        assert query_of(cloud.calls[0]) == {"query": ["ann"]}
        assert (query_of(at_home.calls[0]), sent(at_home.calls[0])) == ({"username": ["ann"]}, {"emailAddress": "a@x.test"})
        with pytest.raises(FlowError, match="cannot change a user"):
            await change.call({"userAccountId": "ann"}, {})

    async def test_a_certificate_of_its_own_is_refused(self) -> None:
        with pytest.raises(InvalidFlow, match="not supported yet"):
            await build(JiraTool(), credential=self.CLOUD, jiraHost="https://j.test", enableSSL=True, caFile="data:x")


class TestStripe:
    KEY = {"stripeApiToken": SECRET}  # noqa: RUF012

    async def test_only_what_is_allowed_is_offered(self) -> None:
        tools, _ = await build(
            StripeAgentTool(), credential=self.KEY, products='["read"]', invoices=["update"], balance="", prices='["fly"]'
        )

        assert [tool.spec.name for tool in tools] == ["list_products", "finalize_invoice"]

    async def test_arguments_are_fields_of_a_form(self) -> None:
        tools, http = await build(
            StripeAgentTool(), answer({"id": "plink_1"}), answer({"id": "in_1"}), answer({"id": "in_1"}), answer({"data": []}),
            credential=self.KEY, paymentLinks='["create"]', invoices='["create", "update"]', prices='["read"]',
        )  # fmt: skip
        by_name = {tool.spec.name: tool for tool in tools}

        await by_name["create_payment_link"].call({"price": "price_1", "quantity": 2}, {})
        await by_name["create_invoice"].call({"customer": "cus_1", "days_until_due": 7, "description": "smuggled"}, {})
        await by_name["finalize_invoice"].call({"invoice": "in/1"}, {})
        await by_name["list_prices"].call({"product": "prod_1", "limit": 3}, {})

        forms = [parse_qsl((call.body or b"").decode()) for call in http.calls]
        assert forms[0] == [("line_items[0][price]", "price_1"), ("line_items[0][quantity]", "2")]
        assert sorted(forms[1]) == [("collection_method", "send_invoice"), ("customer", "cus_1"), ("days_until_due", "7")]
        assert (place_of(http.calls[2]), forms[2]) == (("POST", "/v1/invoices/in%2F1/finalize"), [])
        assert query_of(http.calls[3]) == {"product": ["prod_1"], "limit": ["3"]}
        assert http.calls[0].headers["content-type"] == "application/x-www-form-urlencoded"
        assert http.calls[0].headers["stripe-version"]

    def test_every_input_has_tools(self) -> None:
        assert set(TOOLS) == {param.name for param in StripeAgentTool.definition.inputs}


class TestComposio:
    ABOUT = {  # noqa: RUF012
        "slug": "GITHUB_STAR",
        "description": "stars",
        "input_parameters": {"type": "object", "properties": {"repo": {"type": "string"}}},
    }
    KEY = {"composioApi": SECRET}  # noqa: RUF012

    async def test_an_action_runs_for_the_connected_account(self) -> None:
        (tool,), http = await build(
            Composio(), answer(self.ABOUT), answer({"data": {"ok": 1}, "successful": True, "error": None}), credential=self.KEY,
            connectedAccountId="ca_1", actions='["GITHUB_STAR"]',
        )  # fmt: skip

        outcome = await tool.call({"repo": "r"}, {})

        assert (tool.spec.name, tool.spec.description, tool.spec.parameters["properties"]) == (
            "GITHUB_STAR",
            "stars",
            {"repo": {"type": "string"}},
        )
        assert orjson.loads(outcome.text)["data"] == {"ok": 1}
        assert place_of(http.calls[1]) == ("POST", "/api/v3/tools/execute/GITHUB_STAR")
        assert sent(http.calls[1]) == {"arguments": {"repo": "r"}, "connected_account_id": "ca_1"}
        assert http.calls[0].headers["x-api-key"] == SECRET

    async def test_parameters_may_come_by_name(self) -> None:
        named = {"repo": {"type": "string", "required": True}, "page": {"type": "number"}}
        (tool,), _ = await build(Composio(), answer({"input_parameters": named}), credential=self.KEY, actions=["LIST"])

        assert tool.spec.parameters == {
            "type": "object", "properties": {"repo": {"type": "string"}, "page": {"type": "number"}}, "required": ["repo"]
        }  # fmt: skip

    async def test_an_editor_is_offered_apps_accounts_and_actions(self) -> None:
        http = ScriptedHttp(
            answer({"items": [{"slug": "github", "name": "GitHub"}]}),
            answer({"items": [{"id": "ca_1", "status": "ACTIVE"}]}),
            answer({"items": [{"slug": "GITHUB_STAR", "name": "Star", "description": "stars"}]}),
        )
        inputs = NodeInputs({"appName": "github"}, node_id="t_0", label="Tool", credential=self.KEY)

        found = [await Composio().choices(method, inputs, http) for method in ("listApps", "listConnections", "listActions", "other")]

        assert [[option.to_json() for option in options] for options in found] == [
            [{"label": "GitHub", "name": "github"}], [{"label": "ca_1 (ACTIVE)", "name": "ca_1"}],
            [{"label": "Star", "name": "GITHUB_STAR", "description": "stars"}], [],
        ]  # fmt: skip
        assert [(place_of(call)[1], query_of(call).get("toolkit_slug") or query_of(call).get("toolkit_slugs")) for call in http.calls] == [
            ("/api/v3/toolkits", None), ("/api/v3/connected_accounts", ["github"]), ("/api/v3/tools", ["github"])
        ]  # fmt: skip

    async def test_a_failure_a_wrong_key_and_no_action_are_told(self) -> None:
        (tool,), _ = await build(
            Composio(),
            answer(self.ABOUT),
            answer({"successful": False, "error": f"{SECRET} expired"}),
            credential=self.KEY,
            actions=["GITHUB_STAR"],
        )

        with pytest.raises(ProviderError, match="GITHUB_STAR failed") as caught:
            await tool.call({}, {})
        assert SECRET not in str(caught.value)
        with pytest.raises(ProviderError, match="401"):
            await build(Composio(), answer({"error": {"message": "no"}}, 401), credential=self.KEY, actions=["GITHUB_STAR"])
        with pytest.raises(MissingInput, match="no action"):
            await build(Composio(), credential=self.KEY)


class TestCodeInterpreter:
    KEY = {"e2bApiKey": SECRET}  # noqa: RUF012

    @staticmethod
    def events(*events: Any) -> HttpResponse:
        return answer(b"\n".join(orjson.dumps(event) for event in events))

    async def test_code_runs_in_a_sandbox_that_is_ended(self) -> None:
        png = base64.b64encode(b"picture").decode()
        told = self.events(
            {"type": "number_of_executions", "execution_count": 1},
            {"type": "stdout", "text": "hi\n"},
            {"type": "result", "text": "42", "png": png},
        )
        blobs = InMemoryBlobs()
        made = answer({"sandboxID": "abc-1", "envdAccessToken": "at-1"}, 201)
        (tool,), http = await build(
            CodeInterpreterE2B(), made, told, answer(None, 204), credential=self.KEY, toolName="python", context={"blobs": blobs}
        )

        outcome = await tool.call({"input": "print('hi'); 42"}, {})

        assert (tool.spec.name, outcome.text) == ("python", "hi\n42")
        (artifact,) = outcome.artifacts
        name = artifact["data"].removeprefix("FILE-STORAGE::")
        assert (artifact["type"], await blobs.read("flow-1", "chat-1", name)) == ("png", b"picture")
        assert sent(http.calls[0]) == {"templateID": "code-interpreter-v1", "timeout": 300}
        assert (http.calls[1].url, http.calls[1].reach) == ("https://49999-abc-1.e2b.app/execute", Reach.PUBLIC)
        assert http.calls[1].headers["x-access-token"] == "at-1" and "x-api-key" not in http.calls[1].headers
        assert place_of(http.calls[2]) == ("DELETE", "/sandboxes/abc-1")

    async def test_an_error_of_the_code_is_what_the_tool_tells(self) -> None:
        told = self.events({"type": "error", "name": "NameError", "value": "x is not defined", "traceback": "…"})
        (tool,), _ = await build(CodeInterpreterE2B(), answer({"sandboxID": "a"}), told, HttpFailed("gone"), credential=self.KEY)

        assert (await tool.call({"input": "x"}, {})).text == "NameError: x is not defined"

    async def test_a_sandbox_is_ended_after_a_failure_too_and_never_at_another_host(self) -> None:
        (tool,), http = await build(
            CodeInterpreterE2B(), answer({"sandboxID": "a"}), HttpFailed("broken"), answer(None), credential=self.KEY
        )
        (other,), _ = await build(CodeInterpreterE2B(), answer({"sandboxID": "a.evil.test/"}), credential=self.KEY)

        with pytest.raises(ProviderError, match="broken"):
            await tool.call({"input": "1"}, {})
        assert http.calls[-1].method == "DELETE"
        with pytest.raises(ProviderError, match="no sandbox"):
            await other.call({"input": "1"}, {})
