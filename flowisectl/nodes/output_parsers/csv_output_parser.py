"""Reads a comma-separated list."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.output_parser import OutputParser
from flowisectl.llm.output_parsing import ListParser


class CsvOutputParser(Node):
    definition = NodeDefinition(
        name="csvOutputParser",
        label="CSV Output Parser",
        category="Output Parsers",
        version=1.0,
        base_classes=("CSVListOutputParser", "BaseLLMOutputParser", "Runnable"),
        description="Reads a comma-separated list",
        inputs=(NodeParam("autofixParser", "Autofix", "boolean", optional=True),),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> OutputParser:
        return ListParser(is_plain=True, auto_fix=inputs.flag("autofixParser"))
