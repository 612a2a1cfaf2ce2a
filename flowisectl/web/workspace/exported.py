"""A workspace's rows as one JSON object that another server can take in (POST /export-import/export)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from flowisectl.database.assistant import Assistant
from flowisectl.database.chat_flow import ChatFlow
from flowisectl.database.chat_message import ChatMessage
from flowisectl.database.chat_message_feedback import ChatMessageFeedback
from flowisectl.database.connection import Database
from flowisectl.database.custom_template import CustomTemplate
from flowisectl.database.document_store import DocumentStore
from flowisectl.database.document_store_file_chunk import DocumentStoreFileChunk
from flowisectl.database.execution import Execution
from flowisectl.database.lookup import Row
from flowisectl.database.rows import in_workspace, table_of
from flowisectl.database.tool import Tool
from flowisectl.database.variable import Variable

FLOWS, MESSAGES, STORES = table_of(ChatFlow), table_of(ChatMessage), table_of(DocumentStore)
FEEDBACK = table_of(ChatMessageFeedback)
FILE_NAME = "ExportData.json"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One member of the export: which rows it holds, and what asks for it."""

    name: str
    asked_by: str
    table: sa.Table
    type: str = ""
    """The value of the column `type`, where one table holds several kinds."""
    parent: sa.Table | None = None
    """The table of the workspace that these rows hang on, and by which column."""
    parent_column: str = ""


KINDS = (
    Kind(name="AgentFlow", asked_by="agentflow", table=FLOWS, type="MULTIAGENT"),
    Kind(name="AgentFlowV2", asked_by="agentflowv2", table=FLOWS, type="AGENTFLOW"),
    Kind(name="AssistantCustom", asked_by="assistantCustom", table=table_of(Assistant), type="CUSTOM"),
    Kind(name="AssistantFlow", asked_by="assistantCustom", table=FLOWS, type="ASSISTANT"),
    Kind(name="AssistantOpenAI", asked_by="assistantOpenAI", table=table_of(Assistant), type="OPENAI"),
    Kind(name="AssistantAzure", asked_by="assistantAzure", table=table_of(Assistant), type="AZURE"),
    Kind(name="ChatFlow", asked_by="chatflow", table=FLOWS, type="CHATFLOW"),
    Kind(name="ChatMessage", asked_by="chat_message", table=MESSAGES, parent=FLOWS, parent_column="chatflowid"),
    Kind(name="ChatMessageFeedback", asked_by="chat_feedback", table=FEEDBACK, parent=FLOWS, parent_column="chatflowid"),
    Kind(name="CustomTemplate", asked_by="custom_template", table=table_of(CustomTemplate)),
    Kind(name="DocumentStore", asked_by="document_store", table=STORES),
    Kind(
        name="DocumentStoreFileChunk",
        asked_by="document_store",
        table=table_of(DocumentStoreFileChunk),
        parent=STORES,
        parent_column="storeId",
    ),
    Kind(name="Execution", asked_by="execution", table=table_of(Execution), parent=FLOWS, parent_column="agentflowId"),
    Kind(name="Tool", asked_by="tool", table=table_of(Tool)),
    Kind(name="Variable", asked_by="variable", table=table_of(Variable)),
)
_PRIVATE = {FLOWS.name: ("mcpServerConfig", "webhookSecret", "webhookSecretConfigured", "apikeyid")}
"""Columns that hold or point at secrets of this server, and mean nothing elsewhere."""


async def exported(database: Database, workspace_id: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Every kind that `wanted` asks for; the others are empty lists. Values of variables are left out."""
    data: dict[str, Any] = {"FileDefaultName": FILE_NAME}
    for kind in KINDS:
        rows = await _rows(database, kind, workspace_id) if wanted.get(kind.asked_by) is True else []
        data[kind.name] = [_shown(kind, row) for row in rows]
    return data


async def _rows(database: Database, kind: Kind, workspace_id: str) -> list[Row]:
    if kind.table.name not in database.columns:
        return []
    table = kind.table
    if kind.parent is None:
        conditions = [in_workspace(table, workspace_id)]
    else:
        mine = sa.select(kind.parent.c.id).where(in_workspace(kind.parent, workspace_id))
        conditions = [table.c[kind.parent_column].in_(mine)]
    if kind.type:
        conditions.append(table.c.type == kind.type)
    order = table.c.createdDate if "createdDate" in table.c else table.c.id
    return await database.fetch(database.selection(table).where(*conditions).order_by(order, table.c.id))


def _shown(kind: Kind, row: Row) -> Row:
    for name in _PRIVATE.get(kind.table.name, ()):
        row.pop(name, None)
    if kind.name == "Variable":
        row["value"] = ""
    return row
