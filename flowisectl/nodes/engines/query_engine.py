"""Answers a question from documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import MissingInput
from flowisectl.llm.query_engine import QueryEngine as Engine
from flowisectl.nodes.engines._answering import answer_with, built_in_synthesizer


class QueryEngine(Node):
    definition = NodeDefinition(
        name="queryEngine",
        label="Query Engine",
        category="Engine",
        version=2.0,
        base_classes=("QueryEngine", "BaseQueryEngine"),
        description="Answers a question from documents, with the model of their vector store",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("vectorStoreRetriever", "Vector Store Retriever", "VectorIndexRetriever"),
            NodeParam("responseSynthesizer", "Response Synthesizer", "ResponseSynthesizer", optional=True),
            NodeParam("returnSourceDocuments", "Return Source Documents", "boolean", optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Engine:
        retriever = inputs.require("vectorStoreRetriever")
        model = getattr(retriever, "model", None)
        if model is None:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no model: connect one to its vector store")
        return Engine(retriever=retriever, model=model, synthesizer=inputs.get("responseSynthesizer") or built_in_synthesizer(context))

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(await self.build(inputs, context), inputs, context)
