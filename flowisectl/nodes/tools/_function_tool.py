"""A tool that is one async function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import ToolOutcome

Function = Callable[[Mapping[str, Any], Mapping[str, Any]], Awaitable[str | ToolOutcome]]


@dataclass(kw_only=True)
class FunctionTool:
    """`function` gets the arguments and `$flow`, and gives a text or a whole outcome."""

    spec: ToolSpec
    function: Function
    return_direct: bool = False

    async def call(self, arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
        result = await self.function(arguments, flow)
        return result if isinstance(result, ToolOutcome) else ToolOutcome(text=result)


def parameters(properties: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """A tool's parameters as a JSON Schema object."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    if required:
        schema["required"] = [*required]
    return {**schema, "additionalProperties": False}
