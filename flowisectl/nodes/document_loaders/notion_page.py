"""A Notion page and the pages inside it."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.nodes.document_loaders._loading import METADATA, OMIT, OUTPUTS, SPLITTER, answer_of
from flowisectl.nodes.document_loaders._notion import inner, notion_of, page_document


class NotionPage(Node):
    definition = NodeDefinition(
        name="notionPage",
        label="Notion Page",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="A Notion page and the pages inside it, each a document",
        credential=CredentialParam(("notionApi",)),
        inputs=(
            SPLITTER,
            NodeParam("pageId", "Notion Page Id", "string"),
            METADATA,
            OMIT,
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        notion = notion_of(inputs, context)
        documents: list[Document] = []
        waiting, seen = [str(inputs.require("pageId"))], set[str]()
        while waiting:
            page_id = waiting.pop(0)
            if page_id.replace("-", "") in seen:
                continue
            seen.add(page_id.replace("-", ""))
            page, blocks = await notion.page(page_id), await notion.blocks(page_id)
            documents.append(page_document(page, blocks))
            waiting += inner(blocks, "child_page")
            for database in inner(blocks, "child_database"):
                waiting += [str(row.get("id")) for row in await notion.rows(database)]
        return await answer_of(inputs, lambda: documents)
