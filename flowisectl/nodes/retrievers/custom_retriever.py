"""Puts what a vector store finds into a form."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.document import Document
from flowisectl.interfaces.retriever import Retriever
from flowisectl.nodes.retrievers._outputs import given, outputs
from flowisectl.retrieval.retrievers import FormattedRetriever
from flowisectl.retrieval.store_search import default_count

FORM = "{{context}}\nSource: {{metadata.source}}"


class CustomRetriever(Node):
    definition = NodeDefinition(
        name="customRetriever",
        label="Custom Retriever",
        category="Retrievers",
        version=1.0,
        base_classes=("CustomRetriever", "BaseRetriever"),
        description="Puts what a vector store finds into a form",
        inputs=(
            NodeParam("vectorStore", "Vector Store", "VectorStore"),
            NodeParam("query", "Query", "string", optional=True, accept_variable=True),
            NodeParam("resultFormat", "Result Format", "string", default=FORM, rows=4),
            NodeParam("topK", "Top K", "number", optional=True, additional=True),
        ),
        outputs=outputs("Custom Retriever", "CustomRetriever"),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Retriever | list[Document] | str:
        store = inputs.require("vectorStore")
        retriever = FormattedRetriever(
            store=store, count=inputs.integer("topK") or default_count(store), form=inputs.text("resultFormat", FORM)
        )
        return await given(retriever, inputs, context)
