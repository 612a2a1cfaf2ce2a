"""Reads a list with a separator of the author's choice."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.output_parser import OutputParser
from flowisectl.llm.output_parsing import ListParser


class CustomListOutputParser(Node):
    definition = NodeDefinition(
        name="customListOutputParser",
        label="Custom List Output Parser",
        category="Output Parsers",
        version=1.0,
        base_classes=("CustomListOutputParser", "BaseLLMOutputParser", "Runnable"),
        description="Reads a list with a separator of the author's choice",
        inputs=(
            NodeParam("length", "Length", "number", optional=True, step=1),
            NodeParam("separator", "Separator", "string", default=",", optional=True),
            NodeParam("autofixParser", "Autofix", "boolean", optional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> OutputParser:
        separator = inputs.text("separator", ",")
        return ListParser(separator=separator, length=inputs.integer("length") or None, auto_fix=inputs.flag("autofixParser"))
