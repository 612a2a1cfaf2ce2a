"""Gives the value that another node of the same run kept."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam


class GetVariable(Node):
    definition = NodeDefinition(
        name="getVariable",
        label="Get Variable",
        category="Utilities",
        version=2.0,
        base_classes=("GetVariable", "Utilities"),
        description="Gives the value that another node of the same run kept",
        tags=("Utilities",),
        inputs=(NodeParam("variableName", "Variable Name", "string"),),
        outputs=(NodeOutput("output", "Output", ("string", "number", "boolean", "json", "array")),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Any:
        """The value, or an empty text when nothing was kept under this name before."""
        return context.shared.get(inputs.text("variableName"), "")
