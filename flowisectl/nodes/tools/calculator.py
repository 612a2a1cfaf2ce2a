"""Works out an arithmetic expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._arithmetic import calculate
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters

SPEC = ToolSpec(
    name="calculator",
    description=(
        "Useful for getting the result of a math expression. The input to this tool should be a valid mathematical expression "
        "that could be executed by a simple calculator."
    ),
    parameters=parameters({"input": {"type": "string"}}),
)


class Calculator(Node):
    definition = NodeDefinition(
        name="calculator",
        label="Calculator",
        category="Tools",
        version=1.0,
        base_classes=("Calculator", "Tool", "StructuredTool", "Runnable"),
        description="Works out an arithmetic expression",
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        return FunctionTool(spec=SPEC, function=_calculate)


async def _calculate(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
    try:
        return calculate(str(arguments.get("input") or ""))
    except ValueError:
        return "I don't know how to do that."
