"""Takes one value out of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.context import RunContext
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.errors import FlowError, MissingInput
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters

DESCRIPTION = "Takes one value out of JSON data, at a fixed path."


class JSONPathExtractor(Node):
    definition = NodeDefinition(
        name="jsonPathExtractor",
        label="JSON Path Extractor",
        category="Tools",
        version=1.0,
        base_classes=("JSONPathExtractor", "StructuredTool", "Runnable"),
        description="Takes one value out of JSON, at a fixed path",
        inputs=(
            NodeParam("path", "JSON Path", "string"),
            NodeParam("returnNullOnError", "Return Null on Error", "boolean", default=False, optional=True, additional=True),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        path, gives_null = inputs.text("path").strip(), inputs.flag("returnNullOnError")
        if not path:
            raise MissingInput(f"node {inputs.node_id!r} ({inputs.label}) has no path: fill it in, such as items[0].id")

        async def extract(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> str:
            data = arguments.get("json")
            try:
                value = value_at(orjson.loads(data) if isinstance(data, str) else data, path)
            except (ValueError, LookupError) as error:
                if gives_null:
                    return "null"
                raise FlowError(f"there is no value at {path!r}: {error}") from error
            return value if isinstance(value, str) else orjson.dumps(value).decode()

        argument = {"json": {"type": "string", "description": "The JSON data as text"}}
        return FunctionTool(
            spec=ToolSpec(name="json_path_extractor", description=DESCRIPTION, parameters=parameters(argument, ("json",))), function=extract
        )


def value_at(data: Any, path: str) -> Any:
    """The value at a path such as `items[0].id`. Raises LookupError."""
    for key in path.removeprefix("$").replace("[", ".").replace("]", "").split("."):
        name = key.strip("\"' ")
        if not name:
            continue
        if isinstance(data, list) and name.lstrip("-").isdigit():
            data = data[int(name)]
        elif isinstance(data, Mapping):
            data = data[name]
        else:
            raise LookupError(name)
    return data
