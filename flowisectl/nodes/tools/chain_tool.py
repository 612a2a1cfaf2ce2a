"""Lets an agent ask a chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.prompt_template import as_text
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters


class AskedChain(Protocol):
    """What chain nodes build."""

    async def answer(self, question: str) -> str: ...


class ChainTool(Node):
    definition = NodeDefinition(
        name="chainTool",
        label="Chain Tool",
        category="Tools",
        version=1.0,
        base_classes=("ChainTool", "DynamicTool", "Tool", "StructuredTool", "Runnable"),
        description="Lets an agent ask a chain",
        inputs=(
            NodeParam("name", "Chain Name", "string"),
            NodeParam("description", "Chain Description", "string", rows=3),
            NodeParam("returnDirect", "Return Direct", "boolean", optional=True),
            NodeParam("baseChain", "Base Chain", "BaseChain"),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        chain: AskedChain = inputs.require("baseChain")

        async def ask(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
            return await chain.answer(as_text(arguments.get("input") or ""))

        spec = ToolSpec(
            name=inputs.text("name"), description=inputs.text("description"), parameters=parameters({"input": {"type": "string"}})
        )
        return FunctionTool(spec=spec, function=ask, return_direct=inputs.flag("returnDirect"))
