"""Keeps a value for other nodes of the same run."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam


class SetVariable(Node):
    definition = NodeDefinition(
        name="setVariable",
        label="Set Variable",
        category="Utilities",
        version=2.1,
        base_classes=("SetVariable", "Utilities"),
        description="Keeps a value for other nodes of the same run",
        tags=("Utilities",),
        inputs=(
            NodeParam("input", "Input", "string | number | boolean | json | array", optional=True, list=True),
            NodeParam("variableName", "Variable Name", "string"),
            NodeParam("showOutput", "Show Output", "boolean", optional=True, additional=True),
        ),
        outputs=(NodeOutput("output", "Output", ("string", "number", "boolean", "json", "array")),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Any:
        values = inputs.items("input")
        value = values[0] if len(values) == 1 else values or ""
        context.shared[inputs.text("variableName")] = value
        return value
