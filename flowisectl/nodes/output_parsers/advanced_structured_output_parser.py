"""Reads an object of the schema that the author writes as a Zod expression."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.output_parser import OutputParser
from flowisectl.llm.output_parsing import SchemaParser
from flowisectl.llm.zod_text import ZodSyntaxError, schema_of
from flowisectl.texts.conversations import SCHEMA_INSTRUCTIONS

EXAMPLE = "z.object({ title: z.string().describe('Title of the book'), pages: z.number().int() })"


class AdvancedStructuredOutputParser(Node):
    definition = NodeDefinition(
        name="advancedStructuredOutputParser",
        label="Advanced Structured Output Parser",
        category="Output Parsers",
        version=1.0,
        base_classes=("AdvancedStructuredOutputParser", "BaseLLMOutputParser", "Runnable"),
        description="Reads an object of the schema that the author writes as a Zod expression",
        inputs=(
            NodeParam("autofixParser", "Autofix", "boolean", optional=True),
            NodeParam("exampleJson", "Example JSON", "string", default=EXAMPLE, rows=10),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> OutputParser:
        try:
            schema = schema_of(inputs.text("exampleJson"))
        except ZodSyntaxError as error:
            raise InvalidFlow(f"node {inputs.node_id!r} ({inputs.label}): {error}") from error
        return SchemaParser(schema, auto_fix=inputs.flag("autofixParser"), instructions=context.texts.of(SCHEMA_INSTRUCTIONS))
