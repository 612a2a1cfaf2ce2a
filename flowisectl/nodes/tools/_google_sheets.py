"""What Google Sheets can be asked to do (https://developers.google.com/workspace/sheets/api/reference/rest)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from flowisectl.clients.rest import RestService
from flowisectl.errors import FlowError
from flowisectl.interfaces.lenient_json import parse_lenient
from flowisectl.nodes.tools._rest_actions import Arguments, action, filled, names, query_of

API_URL = "https://sheets.googleapis.com/v4/spreadsheets"
MAX_SHEETS = 200
_ID = {"spreadsheetId": "The id of the spreadsheet"}
_RANGE = {"range": "The cells, as Sheet1!A1:C3"}
_RANGES = {"ranges": "Groups of cells between commas, as Sheet1!A1:C3, Sheet2!B2"}
_PLACE = {"locale": "Its language, as en_US", "timeZone": "Its time zone, as Europe/Berlin"}
_SHOWN = {
    "valueRenderOption": "How values are shown: FORMATTED_VALUE, UNFORMATTED_VALUE or FORMULA",
    "dateTimeRenderOption": "How times are shown: SERIAL_NUMBER or FORMATTED_STRING",
    "majorDimension": "ROWS or COLUMNS",
}
_VALUES = {"values": 'The rows, as JSON: [["a", 1], ["b", 2]]'}
_WRITTEN = {"valueInputOption": "How values are read: RAW or USER_ENTERED", "majorDimension": "ROWS or COLUMNS"}
_MIRROR = {name: name for name in (*_SHOWN, "valueInputOption", "insertDataOption", "includeGridData")}


def _new(values: Arguments) -> dict[str, Any]:
    try:
        count = min(max(int(values.get("sheetCount") or 1), 1), MAX_SHEETS)
    except (TypeError, ValueError) as error:
        raise FlowError("create_spreadsheet takes a number as sheetCount") from error
    sheets = [{"properties": {"title": f"Sheet{number}"}} for number in range(1, count + 1)]
    return {"properties": _properties(values), "sheets": sheets}


def _properties(values: Arguments) -> dict[str, str]:
    return {name: str(values[name]) for name in ("title", *_PLACE) if values.get(name)}


def _changed(values: Arguments) -> dict[str, Any]:
    properties = _properties(values)
    if not properties:
        raise FlowError(f"update_spreadsheet has nothing to change: give title, {' or '.join(_PLACE)}")
    return {"requests": [{"updateSpreadsheetProperties": {"properties": properties, "fields": ",".join(properties)}}]}


def _with_ranges(path: str) -> Callable[[RestService, Arguments], Awaitable[Any]]:
    """Reads what `path` names of several groups of cells."""

    async def read(service: RestService, values: Arguments) -> Any:
        query = {**query_of(_MIRROR, values), "ranges": names(values.get("ranges"))}
        return await service.json("GET", filled(path, values), query={name: value for name, value in query.items() if value != []})

    return read


def _rows(values: Arguments) -> dict[str, Any]:
    return {**_dimension(values), "values": _parsed(values["values"])}


def _many(values: Arguments) -> dict[str, Any]:
    data = _parsed(values["values"])
    if not all(isinstance(item, dict) and item.get("range") for item in data):
        raise FlowError('batch_update_values takes values as JSON: [{"range": "Sheet1!A1", "values": [["a"]]}]')
    request = {
        "valueInputOption": values.get("valueInputOption", "USER_ENTERED"),
        "data": [{**_dimension(values), **item} for item in data],
    }
    return {**request, "includeValuesInResponse": True} if values.get("includeValuesInResponse") in (True, "true") else request


def _parsed(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            value = parse_lenient(value)
        except ValueError as error:
            raise FlowError("the values for the sheet are no JSON") from error
    if not isinstance(value, list):
        raise FlowError("the values for the sheet are no JSON list")
    return value


def _dimension(values: Arguments) -> dict[str, Any]:
    return {"majorDimension": values["majorDimension"]} if values.get("majorDimension") else {}


_AT = "/{spreadsheetId}/values/{range}"
_WRITE = {"valueInputOption": "valueInputOption"}
SPREADSHEETS = (
    action("createSpreadsheet", "create_spreadsheet", "Makes a spreadsheet", "POST", "",
           {"title": "Its title", "sheetCount": "how many sheets it has:number", **_PLACE}, "title", body=_new),
    action("getSpreadsheet", "get_spreadsheet", "Reads what a spreadsheet has", "GET", "/{spreadsheetId}",
           {**_ID, **_RANGES, "includeGridData": "whether to read the cells, too:flag"}, "spreadsheetId",
           act=_with_ranges("/{spreadsheetId}")),
    action("updateSpreadsheet", "update_spreadsheet", "Changes a spreadsheet's title or place", "POST", "/{spreadsheetId}:batchUpdate",
           {**_ID, "title": "The new title", **_PLACE}, "spreadsheetId", body=_changed),
)  # fmt: skip
VALUES = (
    action("getValues", "get_values", "Reads cells", "GET", _AT, {**_ID, **_RANGE, **_SHOWN}, "spreadsheetId", "range", query=_MIRROR),
    action("updateValues", "update_values", "Writes cells", "PUT", _AT, {**_ID, **_RANGE, **_VALUES, **_WRITTEN},
           "spreadsheetId", "range", "values", query=_WRITE, body=_rows),
    action("appendValues", "append_values", "Adds rows below a table", "POST", f"{_AT}:append",
           {**_ID, **_RANGE, **_VALUES, **_WRITTEN, "insertDataOption": "OVERWRITE or INSERT_ROWS"},
           "spreadsheetId", "range", "values", query={**_WRITE, "insertDataOption": "insertDataOption"}, body=_rows),
    action("clearValues", "clear_values", "Empties cells", "POST", f"{_AT}:clear", {**_ID, **_RANGE}, "spreadsheetId", "range",
           body=lambda values: {}),
    action("batchGetValues", "batch_get_values", "Reads several groups of cells", "GET", "/{spreadsheetId}/values:batchGet",
           {**_ID, **_RANGES, **_SHOWN}, "spreadsheetId", "ranges", act=_with_ranges("/{spreadsheetId}/values:batchGet")),
    action("batchUpdateValues", "batch_update_values", "Writes several groups of cells", "POST", "/{spreadsheetId}/values:batchUpdate",
           {**_ID, "values": 'What to write, as JSON: [{"range": "Sheet1!A1", "values": [["a"]]}]', **_WRITTEN,
            "includeValuesInResponse": "whether to read what was written:flag"},
           "spreadsheetId", "values", body=_many),
    action("batchClearValues", "batch_clear_values", "Empties several groups of cells", "POST", "/{spreadsheetId}/values:batchClear",
           {**_ID, **_RANGES}, "spreadsheetId", "ranges", body=lambda values: {"ranges": names(values["ranges"])}),
)  # fmt: skip
