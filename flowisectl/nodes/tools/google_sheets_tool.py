"""Lets an agent use spreadsheets of Google."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._google_sheets import API_URL, SPREADSHEETS, VALUES
from flowisectl.nodes.tools._google_sheets_params import PARAMS
from flowisectl.nodes.tools._login_tools import login_tools

FIXED = {
    name: name
    for name in (
        "spreadsheetId", "title", "sheetCount", "range", "ranges", "values", "valueInputOption", "valueRenderOption",
        "dateTimeRenderOption", "insertDataOption", "includeGridData", "majorDimension",
    )
}  # fmt: skip


class GoogleSheetsTool(Node):
    definition = NodeDefinition(
        name="googleSheetsTool",
        label="Google Sheets",
        category="Tools",
        version=1.0,
        type="GoogleSheets",
        base_classes=("Tool",),
        description="Lets an agent use spreadsheets of Google",
        credential=CredentialParam(("googleSheetsOAuth2",)),
        inputs=PARAMS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Tool]:
        of_values = inputs.text("sheetsType") == "values"
        return login_tools(
            inputs,
            context,
            provider="googlesheets",
            base_url=API_URL,
            actions=VALUES if of_values else SPREADSHEETS,
            wanted=inputs.json("valuesActions" if of_values else "spreadsheetActions"),
            fixed=FIXED,
        )
