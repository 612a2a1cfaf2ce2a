"""Takes a question apart and asks several engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.query_engine import SubQuestionEngine
from flowisectl.nodes.engines._answering import answer_with, built_in_synthesizer
from flowisectl.texts.documents import SUB_QUESTIONS


class SubQuestionQueryEngine(Node):
    definition = NodeDefinition(
        name="subQuestionQueryEngine",
        label="Sub Question Query Engine",
        category="Engine",
        version=2.0,
        base_classes=("SubQuestionQueryEngine", "BaseQueryEngine"),
        description="Takes a question apart and asks several engines",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("queryEngineTools", "QueryEngine Tools", "QueryEngineTool", list=True),
            NodeParam("model", "Chat Model", "BaseChatModel_LlamaIndex"),
            NodeParam("embeddings", "Embeddings", "BaseEmbedding_LlamaIndex", description="Not used: the engines below have their own"),
            NodeParam("responseSynthesizer", "Response Synthesizer", "ResponseSynthesizer", optional=True),
            NodeParam("returnSourceDocuments", "Return Source Documents", "boolean", optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> SubQuestionEngine:
        return SubQuestionEngine(
            model=inputs.require("model"),
            tools=inputs.items("queryEngineTools"),
            synthesizer=inputs.get("responseSynthesizer") or built_in_synthesizer(context),
            prompt=context.texts.of(SUB_QUESTIONS),
        )

    async def run(self, inputs: NodeInputs, context: RunContext) -> Mapping[str, Any]:
        return await answer_with(await self.build(inputs, context), inputs, context)
