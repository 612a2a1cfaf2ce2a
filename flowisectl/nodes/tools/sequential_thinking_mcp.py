"""Lets an agent write its thoughts down, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from flowisectl.engine.node import NodeDefinition, NodeInputs
from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.http import HttpClient
from flowisectl.nodes.tools._function_tool import parameters
from flowisectl.nodes.tools._mcp_nodes import ACTIONS, OwnMcpNode, OwnTool

REQUIRED = ("thought", "nextThoughtNeeded", "thoughtNumber", "totalThoughts")
PROPERTIES: Mapping[str, Any] = {
    "thought": {"type": "string", "description": "The thought itself"},
    "nextThoughtNeeded": {"type": "boolean", "description": "Whether another thought has to follow"},
    "thoughtNumber": {"type": "integer", "minimum": 1, "description": "Which thought this is"},
    "totalThoughts": {"type": "integer", "minimum": 1, "description": "How many thoughts it will take, as it seems now"},
    "isRevision": {"type": "boolean", "description": "Whether this thought corrects an earlier one"},
    "revisesThought": {"type": "integer", "minimum": 1, "description": "Which thought it corrects"},
    "branchFromThought": {"type": "integer", "minimum": 1, "description": "Which thought it goes another way from"},
    "branchId": {"type": "string", "description": "The name of that other way"},
    "needsMoreThoughts": {"type": "boolean", "description": "Whether more thoughts are needed than it seemed"},
}


async def _think(inputs: NodeInputs, http: HttpClient, arguments: Mapping[str, Any]) -> str:
    if missing := [name for name in REQUIRED if name not in arguments]:
        raise FlowError(f"sequentialthinking lacks {', '.join(missing)}")
    number, total = _count(arguments["thoughtNumber"]), _count(arguments["totalThoughts"])
    branch = arguments.get("branchId") if arguments.get("branchFromThought") else None
    told = {
        "thoughtNumber": number,
        "totalThoughts": max(number, total),
        "nextThoughtNeeded": arguments["nextThoughtNeeded"],
        "branches": [branch] if branch else [],
        # Each call is a session of its own, as calls of MCP servers are.
        "thoughtHistoryLength": 1,
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def _count(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise FlowError(f"sequentialthinking takes whole numbers, not {str(value)[:80]!r}") from error


class SequentialThinkingMCP(OwnMcpNode):
    """The tool keeps nothing: the thoughts stay in the model's conversation."""

    tools = (
        OwnTool(
            spec=ToolSpec(
                name="sequentialthinking",
                description="For questions that take several steps: write down one thought after the other, correct earlier ones, "
                "go other ways, and go on until the answer stands.",
                parameters=parameters(PROPERTIES, REQUIRED),
            ),
            call=_think,
        ),
    )
    definition = NodeDefinition(
        name="sequentialThinkingMCP",
        label="Sequential Thinking MCP",
        category="Tools (MCP)",
        version=1.0,
        type="Sequential Thinking MCP Tool",
        base_classes=("Tool",),
        description="Lets an agent write its thoughts down, one after the other",
        inputs=(ACTIONS,),
    )
