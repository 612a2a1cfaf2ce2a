"""The rows of a table of Airtable."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from flowisectl.clients.rest import RestService
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key, words_of
from flowisectl.errors import FlowError
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of

URL = "https://api.airtable.com/v0"
PAGE = 100
MAX_ROWS = 100_000


class Airtable(Node):
    """https://airtable.com/developers/web/api/list-records"""

    definition = NodeDefinition(
        name="airtable",
        label="Airtable",
        category="Document Loaders",
        version=3.02,
        base_classes=("Document",),
        description="The rows of a table of Airtable, each a document",
        credential=CredentialParam(("airtableApi",)),
        inputs=(
            SPLITTER,
            NodeParam("baseId", "Base Id", "string", placeholder="app11RobdGoX0YNsC"),
            NodeParam("tableId", "Table Id", "string", placeholder="tblJdmvbrgizbYICO"),
            NodeParam("viewId", "View Id", "string", optional=True, placeholder="viw9UrP77Id0CE4ee"),
            NodeParam(
                "fields",
                "Include Only Fields",
                "string",
                optional=True,
                placeholder="Name, Assignee, fld1u0qUz0SoOQ9Gg, fldew39v6LBN5CjUl",
                additional=True,
            ),
            NodeParam("returnAll", "Return All", "boolean", default=True, optional=True, additional=True),
            NodeParam("limit", "Limit", "number", default=100, optional=True, additional=True),
            METADATA,
            OMIT,
            NodeParam("filterByFormula", "Filter By Formula", "string", optional=True, placeholder='NOT({Id} = "")', additional=True),
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        token = require_key(inputs, "accessToken")
        base, table = str(inputs.require("baseId")), str(inputs.require("tableId"))
        service = RestService(
            context.http, provider="airtable", base_url=URL, headers={"authorization": f"Bearer {token}"}, secrets=(token,)
        )
        limit = MAX_ROWS if inputs.flag("returnAll", True) else min(inputs.integer("limit", PAGE) or PAGE, MAX_ROWS)
        rows = await _rows(service, f"/{quote(base, safe='')}/{quote(table, safe='')}/listRecords", _request(inputs), limit)
        documents = [
            Document(
                page_content=orjson.dumps(row.get("fields") or {}, option=orjson.OPT_INDENT_2).decode(),
                metadata={"url": f"{URL}/{base}/{table}/{row.get('id')}"},
            )
            for row in rows
        ]
        return await answer_of(inputs, lambda: documents)


def _request(inputs: NodeInputs) -> dict[str, Any]:
    request: dict[str, Any] = {"pageSize": PAGE}
    for name, value in (
        ("view", inputs.text("viewId")),
        ("fields", words_of(inputs, "fields")),
        ("filterByFormula", inputs.text("filterByFormula")),
    ):
        if value:
            request[name] = value
    return request


async def _rows(service: RestService, path: str, request: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    offset: Any = None
    while True:
        size = {"pageSize": min(PAGE, limit - len(rows))}
        answer = await service.json("POST", path, {**request, **size, **({"offset": offset} if offset else {})}) or {}
        found = answer.get("records") or []
        rows += found
        offset = answer.get("offset")
        if not offset or not found or len(rows) >= limit:
            break
    if offset and len(rows) >= MAX_ROWS:
        raise FlowError(f"the table has more than {MAX_ROWS} rows: choose a view, or a formula that filters them")
    return rows[:limit]
