"""The tools that act in an account at Google: sheets, documents, calendars, drives."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from account_wire import answer, build, place_of, query_of, sent

from flowisectl.errors import FlowError
from flowisectl.nodes.tools.google_calendar_tool import GoogleCalendarTool
from flowisectl.nodes.tools.google_docs_tool import GoogleDocsTool
from flowisectl.nodes.tools.google_drive_tool import GoogleDriveTool
from flowisectl.nodes.tools.google_sheets_tool import GoogleSheetsTool


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

        await tool.call({"name": "a.txt", "content": "Hello", "mimeType": "text/plain"}, {})

        assert sent(http.calls[0]) == {"name": "a.txt", "mimeType": "text/plain", "parents": ["p1", "p2"]}
        assert place_of(http.calls[1]) == ("PATCH", "/upload/drive/v3/files/f1")
        assert (http.calls[1].body, http.calls[1].headers["content-type"]) == (b"Hello", "text/plain")
        assert query_of(http.calls[1]) == {"uploadType": ["media"], "supportsAllDrives": ["true"]}

    async def test_a_file_is_marked_and_put_into_a_further_folder(self) -> None:
        (tool,), http = await build(GoogleDriveTool(), answer({}), driveType="file", fileActions='["updateFile"]', fileId="f1")

        await tool.call({"trashed": "true", "parents": "p3"}, {})

        assert (sent(http.calls[0]), query_of(http.calls[0])) == ({"trashed": True}, {"addParents": ["p3"]})

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
        await search.call({"query": "name contains 'x'"}, {})
        await share.call({"role": "reader", "type": "user", "emailAddress": "a@x.test"}, {})

        assert query_of(looked.calls[0])["q"] == ["'it\\'s' in parents and trashed = false"]
        assert query_of(looked.calls[0])["includeItemsFromAllDrives"] == ["true"]
        assert query_of(searched.calls[0]) == {"q": ["name contains 'x'"], "pageSize": ["3"]}
        assert sent(shared.calls[0]) == {"role": "reader", "type": "user", "emailAddress": "a@x.test"}
        assert query_of(shared.calls[0]) == {"sendNotificationEmail": ["false"]}
