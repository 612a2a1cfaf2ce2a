"""A tool written in JavaScript, kept with the workspace's tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_function import call_user_function, variables_of
from flowisectl.errors import FlowError, InvalidRequest, MissingInput, NotFound
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.llm.json_schema import checked, coerced
from flowisectl.llm.output_parsing import schema_of_rows
from flowisectl.llm.prompt_template import as_text
from flowisectl.llm.zod_text import schema_of
from flowisectl.nodes.tools._function_tool import FunctionTool


class CustomTool(Node):
    definition = NodeDefinition(
        name="customTool",
        label="Custom Tool",
        category="Tools",
        version=3.0,
        base_classes=("CustomTool", "Tool", "StructuredTool", "Runnable"),
        description="A tool written in JavaScript, kept with the workspace's tools",
        inputs=(
            NodeParam("selectedTool", "Select Tool", "asyncOptions", load_method="listTools"),
            NodeParam("returnDirect", "Return Direct", "boolean", optional=True),
            NodeParam("customToolName", "Custom Tool Name", "string", hidden=True),
            NodeParam("customToolDesc", "Custom Tool Description", "string", hidden=True),
            NodeParam("customToolSchema", "Custom Tool Schema", "string", hidden=True),
            NodeParam("customToolFunc", "Custom Tool Func", "string", hidden=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        try:
            stored = await context.tools.get(inputs.text("selectedTool")) if inputs.get("selectedTool") else {}
        except NotFound as error:
            raise FlowError(f"Error: {error}") from error
        code = inputs.text("customToolFunc") or str(stored.get("func") or "")
        schema = _schema(inputs, stored)
        spec = ToolSpec(
            name=inputs.text("customToolName") or str(stored.get("name") or ""),
            description=inputs.text("customToolDesc") or str(stored.get("description") or ""),
            parameters=schema,
        )
        if not spec.name:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no tool: select one, or give its name and code")

        async def call(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
            named = {f"${name}": value for name, value in _fitting(arguments, schema, spec.name, context).items()}
            question = str(flow.get("input") or context.request.question)
            variables = await variables_of(context, inputs)
            result = await call_user_function(context, code, flow=flow, question=question, variables=variables, extra=named)
            return as_text("" if result is None else result)

        return FunctionTool(spec=spec, function=call, return_direct=inputs.flag("returnDirect"))


def _fitting(arguments: Mapping[str, Any], schema: Mapping[str, Any], tool: str, context: RunContext) -> Mapping[str, Any]:
    """The arguments in the types of the schema. Raises InvalidRequest when they don't fit it; the reason stands in the run's trace."""
    properties = schema["properties"]
    typed = {name: coerced(value, properties.get(name, {})) for name, value in arguments.items()}
    try:
        return {**typed, **checked(typed, schema)}
    except ValueError as error:
        context.trace.note(f"the arguments of the tool {tool} don't fit its schema: {error}")
        raise InvalidRequest("Received tool input did not match expected schema") from error


def _schema(inputs: NodeInputs, stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tool's parameters: a Zod expression of the node, else the stored rows (a list, or JSON text of one)."""
    override = inputs.get("customToolSchema")
    if isinstance(override, str):
        return schema_of(override)
    rows = stored.get("schema") or []
    if isinstance(rows, str):
        rows = orjson.loads(rows)
    return schema_of_rows([row for row in rows if isinstance(row, Mapping)])
