"""The chunks of a document store."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.retrieval.loading import as_text


class DocumentStore(Node):
    definition = NodeDefinition(
        name="documentStore",
        label="Document Store",
        category="Document Loaders",
        version=1.0,
        base_classes=("Document",),
        description="Every chunk of a document store",
        inputs=(NodeParam("selectedStore", "Select Store", "asyncOptions", load_method="listStores"),),
        outputs=(
            NodeOutput("document", "Document", ("Document", "json")),
            NodeOutput("text", "Text", ("string", "json")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        documents = list(await context.document_stores.documents(str(inputs.require("selectedStore"))))
        return as_text(documents) if inputs.output == "text" else documents
