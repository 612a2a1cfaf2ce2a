"""Documents that a vector store finds for a question."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.vector_store import VectorStore
from flowisectl.nodes.document_loaders._loading import OUTPUTS
from flowisectl.retrieval.loading import as_text
from flowisectl.retrieval.store_search import default_count


class VectorStoreToDocument(Node):
    definition = NodeDefinition(
        name="vectorStoreToDocument",
        label="VectorStore To Document",
        category="Document Loaders",
        version=2.0,
        base_classes=("Document",),
        description="Documents that a vector store finds for a question",
        inputs=(
            NodeParam("vectorStore", "Vector Store", "VectorStore"),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("minScore", "Minimum Score (%)", "number", optional=True, step=1),
        ),
        outputs=OUTPUTS,
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> list[Document] | str:
        store: VectorStore = inputs.require("vectorStore")
        question = inputs.text("query") or context.request.final_question
        least = (inputs.number("minScore") or 0) / 100
        found = await store.search(question, default_count(store))
        documents = [document for document, score in found if score >= least or not least]
        return as_text(documents) if inputs.output == "text" else documents
