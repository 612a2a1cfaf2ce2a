"""Lets an engine that takes questions apart ask another engine."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.llm.query_engine import EngineTool


class QueryEngineToolLlamaIndex(Node):
    definition = NodeDefinition(
        name="queryEngineToolLlamaIndex",
        label="QueryEngine Tool",
        category="Tools",
        version=2.0,
        base_classes=("QueryEngineTool", "Tool_LlamaIndex"),
        description="Lets an engine that takes questions apart ask another engine",
        tags=("LlamaIndex",),
        inputs=(
            NodeParam("baseQueryEngine", "Base QueryEngine", "BaseQueryEngine"),
            NodeParam("toolName", "Tool Name", "string"),
            NodeParam("toolDesc", "Tool Description", "string", rows=4),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> EngineTool:
        return EngineTool(
            name=str(inputs.require("toolName")), description=inputs.text("toolDesc"), engine=inputs.require("baseQueryEngine")
        )
