"""Chooses the branch that the flow goes on with, by JavaScript of its author."""

from __future__ import annotations

from flowisectl.engine.branch import Branch
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeOutput, NodeParam
from flowisectl.nodes.utilities._function_scope import call_function


class IfElseFunction(Node):
    definition = NodeDefinition(
        name="ifElseFunction",
        label="IfElse Function",
        category="Utilities",
        version=2.0,
        base_classes=("IfElseFunction", "Utilities"),
        description="Chooses the branch that the flow goes on with, by JavaScript of its author",
        tags=("Utilities",),
        inputs=(
            NodeParam("functionInputVariables", "Input Variables", "json", optional=True, list=True, accept_variable=True),
            NodeParam("functionName", "IfElse Name", "string", optional=True, description="For those who look at the flow"),
            NodeParam("ifFunction", "If Function", "code", default='if ("hello" == "hello") {\n    return true;\n}', rows=2),
            NodeParam("elseFunction", "Else Function", "code", default="return false;", rows=2),
        ),
        outputs=(
            NodeOutput("returnTrue", "True", ("string", "number", "boolean", "json", "array")),
            NodeOutput("returnFalse", "False", ("string", "number", "boolean", "json", "array")),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Branch:
        """The first function's result when it counts as true, else the second one's."""
        result = await call_function(inputs, context, inputs.text("ifFunction"))
        if result:
            return Branch(value=result, dead_output="returnFalse")
        return Branch(value=await call_function(inputs, context, inputs.text("elseFunction")), dead_output="returnTrue")
