"""The inputs of the node googleSheetsTool: which of its actions it offers, and arguments that it fixes for them."""

from __future__ import annotations

from flowisectl.engine.node import NodeParam, Option

PARAMS = (
    NodeParam(
        "sheetsType",
        "Type",
        "options",
        options=(
            Option("Spreadsheet", "spreadsheet"),
            Option("Values", "values"),
        ),
    ),
    NodeParam(
        "spreadsheetActions",
        "Spreadsheet Actions",
        "multiOptions",
        options=(
            Option("Create Spreadsheet", "createSpreadsheet"),
            Option("Get Spreadsheet", "getSpreadsheet"),
            Option("Update Spreadsheet", "updateSpreadsheet"),
        ),
        show={"sheetsType": ["spreadsheet"]},
    ),
    NodeParam(
        "valuesActions",
        "Values Actions",
        "multiOptions",
        options=(
            Option("Get Values", "getValues"),
            Option("Update Values", "updateValues"),
            Option("Append Values", "appendValues"),
            Option("Clear Values", "clearValues"),
            Option("Batch Get Values", "batchGetValues"),
            Option("Batch Update Values", "batchUpdateValues"),
            Option("Batch Clear Values", "batchClearValues"),
        ),
        show={"sheetsType": ["values"]},
    ),
    NodeParam("spreadsheetId", "Spreadsheet ID", "string", optional=True, additional=True, show={"sheetsType": ["spreadsheet", "values"]}),
    NodeParam(
        "title", "Title", "string", optional=True, additional=True, show={"spreadsheetActions": ["createSpreadsheet", "updateSpreadsheet"]}
    ),
    NodeParam(
        "sheetCount", "Sheet Count", "number", default=1, optional=True, additional=True, show={"spreadsheetActions": ["createSpreadsheet"]}
    ),
    NodeParam(
        "range", "Range", "string", optional=True, additional=True, show={"valuesActions": ["getValues", "updateValues", "clearValues"]}
    ),
    NodeParam("ranges", "Ranges", "string", optional=True, additional=True, show={"valuesActions": ["batchGetValues", "batchClearValues"]}),
    NodeParam(
        "values",
        "Values",
        "string",
        optional=True,
        additional=True,
        show={"valuesActions": ["updateValues", "appendValues", "batchUpdateValues"]},
    ),
    NodeParam(
        "valueInputOption",
        "Value Input Option",
        "options",
        default="USER_ENTERED",
        optional=True,
        options=(
            Option("Raw", "RAW"),
            Option("User Entered", "USER_ENTERED"),
        ),
        additional=True,
        show={"valuesActions": ["updateValues", "appendValues", "batchUpdateValues"]},
    ),
    NodeParam(
        "valueRenderOption",
        "Value Render Option",
        "options",
        default="FORMATTED_VALUE",
        optional=True,
        options=(
            Option("Formatted Value", "FORMATTED_VALUE"),
            Option("Unformatted Value", "UNFORMATTED_VALUE"),
            Option("Formula", "FORMULA"),
        ),
        additional=True,
        show={"valuesActions": ["getValues", "batchGetValues"]},
    ),
    NodeParam(
        "dateTimeRenderOption",
        "Date Time Render Option",
        "options",
        default="FORMATTED_STRING",
        optional=True,
        options=(
            Option("Serial Number", "SERIAL_NUMBER"),
            Option("Formatted String", "FORMATTED_STRING"),
        ),
        additional=True,
        show={"valuesActions": ["getValues", "batchGetValues"]},
    ),
    NodeParam(
        "insertDataOption",
        "Insert Data Option",
        "options",
        default="OVERWRITE",
        optional=True,
        options=(
            Option("Overwrite", "OVERWRITE"),
            Option("Insert Rows", "INSERT_ROWS"),
        ),
        additional=True,
        show={"valuesActions": ["appendValues"]},
    ),
    NodeParam(
        "includeGridData",
        "Include Grid Data",
        "boolean",
        default=False,
        optional=True,
        additional=True,
        show={"spreadsheetActions": ["getSpreadsheet"]},
    ),
    NodeParam(
        "majorDimension",
        "Major Dimension",
        "options",
        default="ROWS",
        optional=True,
        options=(
            Option("Rows", "ROWS"),
            Option("Columns", "COLUMNS"),
        ),
        additional=True,
        show={"valuesActions": ["getValues", "updateValues", "appendValues", "batchGetValues", "batchUpdateValues"]},
    ),
)
