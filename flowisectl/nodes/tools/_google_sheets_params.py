"""The inputs of the node googleSheetsTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from functools import partial

from flowisectl.engine.node import NodeParam
from flowisectl.nodes.tools._account_params import action_choice, fixed_argument, kind_choice, options_of

_spreadsheet = partial(fixed_argument, "spreadsheetActions")
_values = partial(fixed_argument, "valuesActions")
_choice = partial(fixed_argument, "valuesActions", type="options")
_WRITTEN = ("updateValues", "appendValues", "batchUpdateValues")
_READ = ("getValues", "batchGetValues")

PARAMS = (
    kind_choice("sheetsType", {"spreadsheet": "Spreadsheet", "values": "Values"}),
    action_choice(
        "spreadsheetActions",
        "Spreadsheet Actions",
        {"createSpreadsheet": "Create Spreadsheet", "getSpreadsheet": "Get Spreadsheet", "updateSpreadsheet": "Update Spreadsheet"},
        sheetsType="spreadsheet",
    ),
    action_choice(
        "valuesActions",
        "Values Actions",
        {
            "getValues": "Get Values",
            "updateValues": "Update Values",
            "appendValues": "Append Values",
            "clearValues": "Clear Values",
            "batchGetValues": "Batch Get Values",
            "batchUpdateValues": "Batch Update Values",
            "batchClearValues": "Batch Clear Values",
        },
        sheetsType="values",
    ),
    NodeParam("spreadsheetId", "Spreadsheet ID", "string", optional=True, additional=True, show={"sheetsType": ["spreadsheet", "values"]}),
    _spreadsheet("title", "Title", "createSpreadsheet", "updateSpreadsheet"),
    _spreadsheet("sheetCount", "Sheet Count", "createSpreadsheet", type="number", default=1),
    _values("range", "Range", "getValues", "updateValues", "clearValues"),
    _values("ranges", "Ranges", "batchGetValues", "batchClearValues"),
    _values("values", "Values", *_WRITTEN),
    _choice(
        "valueInputOption",
        "Value Input Option",
        *_WRITTEN,
        default="USER_ENTERED",
        options=options_of({"RAW": "Raw", "USER_ENTERED": "User Entered"}),
    ),
    _choice(
        "valueRenderOption",
        "Value Render Option",
        *_READ,
        default="FORMATTED_VALUE",
        options=options_of({"FORMATTED_VALUE": "Formatted Value", "UNFORMATTED_VALUE": "Unformatted Value", "FORMULA": "Formula"}),
    ),
    _choice(
        "dateTimeRenderOption",
        "Date Time Render Option",
        *_READ,
        default="FORMATTED_STRING",
        options=options_of({"SERIAL_NUMBER": "Serial Number", "FORMATTED_STRING": "Formatted String"}),
    ),
    _choice(
        "insertDataOption",
        "Insert Data Option",
        "appendValues",
        default="OVERWRITE",
        options=options_of({"OVERWRITE": "Overwrite", "INSERT_ROWS": "Insert Rows"}),
    ),
    _spreadsheet("includeGridData", "Include Grid Data", "getSpreadsheet", type="boolean", default=False),
    _choice(
        "majorDimension",
        "Major Dimension",
        "getValues",
        "updateValues",
        "appendValues",
        "batchGetValues",
        "batchUpdateValues",
        default="ROWS",
        options=options_of({"ROWS": "Rows", "COLUMNS": "Columns"}),
    ),
)
