"""The rows of a Notion database."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.nodes.document_loaders._notion import notion_of, page_document


class NotionDB(Node):
    definition = NodeDefinition(
        name="notionDB",
        label="Notion Database",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="The rows of a Notion database, each a document with its properties in the metadata",
        credential=CredentialParam(("notionApi",)),
        inputs=(
            SPLITTER,
            NodeParam("databaseId", "Notion Database Id", "string"),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        notion = notion_of(inputs, context)
        rows = await notion.rows(str(inputs.require("databaseId")))
        documents = [page_document(row, await notion.blocks(str(row["id"]))) for row in rows]
        return await answer_of(inputs, lambda: documents)
