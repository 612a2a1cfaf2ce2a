"""The sheets of Google spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flowisectl.clients.google_drive import GoogleDrive
from flowisectl.clients.oauth import access_token
from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam, Option
from flowisectl.engine.service_inputs import words_of
from flowisectl.errors import MissingInput
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of

URL = "https://sheets.googleapis.com/v4/spreadsheets"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
MOST_LISTED = 100


class GoogleSheets(Node):
    """https://developers.google.com/workspace/sheets/api/reference/rest"""

    definition = NodeDefinition(
        name="googleSheets",
        label="Google Sheets",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="The sheets of Google spreadsheets, each a document",
        credential=CredentialParam(("googleSheetsOAuth2",)),
        inputs=(
            NodeParam("spreadsheetIds", "Select Spreadsheet", "asyncMultiOptions", load_method="listSpreadsheets"),
            NodeParam("sheetNames", "Sheet Names", "string", optional=True, placeholder="Sheet1, Sheet2"),
            NodeParam("range", "Range", "string", optional=True, placeholder="A1:E10"),
            NodeParam("includeHeaders", "Include Headers", "boolean", default=True),
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
            ),
            SPLITTER,
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        chosen = inputs.json("spreadsheetIds")
        ids = [str(item) for item in chosen] if isinstance(chosen, list) else words_of(inputs, "spreadsheetIds")
        if not ids:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no spreadsheet: choose at least one")
        token = await access_token(context.http, inputs.credential, provider="googlesheets")
        service = RestService(
            context.http,
            provider="googlesheets",
            base_url=URL,
            headers={"authorization": f"Bearer {token}"},
            secrets=(token,),
            retries=2,
        )
        documents = [document for spreadsheet in ids for document in await _sheets(service, spreadsheet, inputs)]
        return await answer_of(inputs, lambda: documents)

    async def choices(self, method: str, inputs: NodeInputs, http: HttpClient) -> list[Option]:
        """The spreadsheets that can be chosen, the last changed first. Raises MissingInput, ProviderError."""
        if method != "listSpreadsheets":
            return []
        drive = GoogleDrive(http, await access_token(http, inputs.credential, provider="googlesheets"))
        found = await drive.latest((SPREADSHEET,), most=MOST_LISTED)
        return [Option(str(entry.get("name")), str(entry["id"]), str(entry.get("modifiedTime") or "")) for entry in found]


async def _sheets(service: RestService, spreadsheet: str, inputs: NodeInputs) -> list[Document]:
    path = f"/{quote(spreadsheet, safe='')}"
    about = await service.json("GET", path, query={"fields": "properties.title,sheets.properties.title"}) or {}
    title = str((about.get("properties") or {}).get("title") or "")
    names = [str((sheet.get("properties") or {}).get("title") or "") for sheet in about.get("sheets") or []]
    wanted = words_of(inputs, "sheetNames")
    if unknown := [name for name in wanted if name not in names]:
        raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}): spreadsheet {title!r} has no sheet {unknown[0]!r}")
    found: list[Document] = []
    for name in wanted or names:
        quoted = "'" + name.replace("'", "''") + "'"
        cells = f"{quoted}!{inputs.text('range')}" if inputs.text("range") else quoted
        query = {"valueRenderOption": inputs.text("valueRenderOption", "FORMATTED_VALUE")}
        answer = await service.json("GET", f"{path}/values/{quote(cells, safe='')}", query=query) or {}
        rows = answer.get("values") or []
        if rows:
            metadata = {
                "source": f"https://docs.google.com/spreadsheets/d/{spreadsheet}",
                "spreadsheetId": spreadsheet,
                "spreadsheetTitle": title,
                "sheetName": name,
                "range": answer.get("range"),
                "rowCount": len(rows),
            }
            found.append(Document(page_content=_text(rows, inputs.flag("includeHeaders", True)), metadata=metadata))
    return found


def _text(rows: Sequence[Sequence[Any]], with_headers: bool) -> str:
    """A line for each row: `header: value` where the first row has the headers, else the values alone."""
    if not with_headers:
        return "\n".join(", ".join(str(cell) for cell in row) for row in rows)
    headers, *rest = rows
    return "\n".join(_row(headers, row) for row in rest) or ", ".join(str(header) for header in headers)


def _row(headers: Sequence[Any], row: Sequence[Any]) -> str:
    named: Mapping[str, Any] = {
        str(headers[place]) if place < len(headers) and headers[place] != "" else f"Column {place + 1}": cell
        for place, cell in enumerate(row)
        if cell != ""
    }
    return ", ".join(f"{name}: {cell}" for name, cell in named.items())
