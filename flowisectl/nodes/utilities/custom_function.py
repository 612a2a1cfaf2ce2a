"""Runs JavaScript of the flow's author."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.nodes.utilities._function_scope import call_function


class CustomFunction(Node):
    definition = NodeDefinition(
        name="customFunction",
        label="Custom JS Function",
        category="Utilities",
        version=3.0,
        base_classes=("CustomFunction", "Utilities"),
        description="Runs JavaScript of the flow's author",
        tags=("Utilities",),
        inputs=(
            NodeParam("functionInputVariables", "Input Variables", "json", optional=True, list=True, accept_variable=True),
            NodeParam("functionName", "Function Name", "string", optional=True, description="For those who look at the flow"),
            NodeParam("tools", "Additional Tools", "Tool", optional=True, list=True),
            NodeParam("javascriptFunction", "Javascript Function", "code"),
        ),
        outputs=(
            NodeOutput("output", "Output", ("string", "number", "boolean", "json", "array")),
            NodeOutput("EndingNode", "Ending Node", ("CustomFunction",)),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Any:
        """What the function returns, for other nodes."""
        return await call_function(inputs, context, inputs.text("javascriptFunction"))

    async def run(self, inputs: NodeInputs, context: RunContext) -> Any:
        """What the function returns, as the answer: an object's members become members of the response."""
        return await call_function(inputs, context, inputs.text("javascriptFunction"), has_session=False)
