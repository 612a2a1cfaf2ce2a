"""Reads an object with the properties that the author lists."""

from __future__ import annotations

from collections.abc import Mapping

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import InvalidFlow
from flowisectl.interfaces.output_parser import OutputParser
from flowisectl.llm.output_parsing import SchemaParser, schema_of_rows
from flowisectl.texts.conversations import SCHEMA_INSTRUCTIONS

_GRID = (
    {"field": "property", "headerName": "Property", "editable": True},
    {"field": "type", "headerName": "Type", "type": "singleSelect", "valueOptions": ["string", "number", "boolean"], "editable": True},
    {"field": "description", "headerName": "Description", "editable": True, "flex": 1},
)


class StructuredOutputParser(Node):
    definition = NodeDefinition(
        name="structuredOutputParser",
        label="Structured Output Parser",
        category="Output Parsers",
        version=1.0,
        base_classes=("StructuredOutputParser", "BaseLLMOutputParser", "Runnable"),
        description="Reads an object with the properties that the author lists",
        inputs=(
            NodeParam("autofixParser", "Autofix", "boolean", optional=True),
            NodeParam(
                "jsonStructure",
                "JSON Structure",
                "datagrid",
                datagrid=_GRID,
                default=[
                    {"property": "answer", "type": "string", "description": "answer to the user's question"},
                    {"property": "source", "type": "string", "description": "sources used to answer the question, should be websites"},
                ],
                additional=True,
            ),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> OutputParser:
        rows = inputs.json("jsonStructure")
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise InvalidFlow("Invalid JSON in StructuredOutputParser: its structure must be a list of properties")
        return SchemaParser(schema_of_rows(rows), auto_fix=inputs.flag("autofixParser"), instructions=context.texts.of(SCHEMA_INSTRUCTIONS))
