"""MCP over Streamable HTTP without sessions: JSON-RPC requests → answers, for a server of one tool.

Protocol: https://modelcontextprotocol.io/specification/2025-03-26/basic/transports (a client may also ask for an older version).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowisectl.engine.node import NodeInputs
from flowisectl.predictions.schedule_times import start_of
from flowisectl.runs.flows import StoredFlow

VERSIONS = ("2025-06-18", "2025-03-26", "2024-11-05")
DEFAULT_VERSION = "2025-03-26"
PARSE_ERROR, INVALID_REQUEST, UNKNOWN_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
MAX_BATCH = 20
_TYPES = {"string": "string", "number": "number", "boolean": "boolean", "options": "string"}

CallTool = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class McpTool:
    name: str
    description: str
    schema: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "description": self.description, "inputSchema": dict(self.schema)}


def failure(code: int, message: str, request_id: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": request_id}


async def answer(message: Any, tool: McpTool, call: CallTool) -> Any:
    """The answer to a message or a batch; None when nothing in it wants one (notifications, answers)."""
    if isinstance(message, list):
        if not message or len(message) > MAX_BATCH:
            return failure(INVALID_REQUEST, f"Invalid Request: a batch has 1 to {MAX_BATCH} messages")
        found = [item for item in [await _one(entry, tool, call) for entry in message] if item is not None]
        return found or None
    return await _one(message, tool, call)


async def _one(message: Any, tool: McpTool, call: CallTool) -> dict[str, Any] | None:
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return failure(INVALID_REQUEST, "Invalid Request")
    method, request_id = message.get("method"), message.get("id")
    if method is None and ("result" in message or "error" in message):
        return None
    if not isinstance(method, str) or isinstance(request_id, (bool, dict, list)):
        return failure(INVALID_REQUEST, "Invalid Request")
    if "id" not in message or request_id is None:
        return None
    params = message.get("params")
    params = params if isinstance(params, dict) else {}
    match method:
        case "initialize":
            return _result(request_id, _welcome(params, tool))
        case "ping":
            return _result(request_id, {})
        case "tools/list":
            return _result(request_id, {"tools": [tool.to_json()]})
        case "tools/call":
            if params.get("name") != tool.name:
                return failure(INVALID_PARAMS, f"Tool {str(params.get('name'))[:100]} not found", request_id)
            arguments = params.get("arguments")
            arguments = arguments if isinstance(arguments, dict) else {}
            if problem := _problem(arguments, tool.schema):
                return failure(INVALID_PARAMS, f"Invalid arguments for tool {tool.name}: {problem}", request_id)
            return _result(request_id, await call(arguments))
        case _:
            return failure(UNKNOWN_METHOD, "Method not found", request_id)


def _result(request_id: Any, result: Mapping[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "result": dict(result)}


def _welcome(params: Mapping[str, Any], tool: McpTool) -> dict[str, Any]:
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in VERSIONS else DEFAULT_VERSION,
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": f"flowise-{tool.name}", "version": "1.0.0"},
    }


def _problem(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    for name in schema.get("required", ()):
        if name not in arguments:
            return f"{name} is required"
    wanted: Mapping[str, Any] = schema.get("properties", {})
    for name, value in arguments.items():
        kind = wanted.get(name, {}).get("type")
        if kind == "string" and not isinstance(value, str):
            return f"{name} must be a text"
        if kind == "object" and not isinstance(value, dict):
            return f"{name} must be an object"
    return ""


def input_schema(stored: StoredFlow) -> dict[str, Any]:
    """`{question}`, or `{form}` with the fields that the flow's form has."""
    start = start_of(stored.flow)
    inputs = NodeInputs(start.inputs) if start is not None else NodeInputs({})
    if inputs.text("startInputType") != "formInput":
        question = {"type": "string", "description": "Question or message to send to the flow"}
        return {"type": "object", "properties": {"question": question}, "required": ["question"]}
    fields = {str(row["name"]): _field(row) for row in inputs.rows("formInputTypes") if row.get("name")}
    form = {"type": "object", "properties": fields, "required": list(fields)}
    return {"type": "object", "properties": {"form": form}, "required": ["form"]}


def _field(row: Mapping[str, Any]) -> dict[str, Any]:
    field: dict[str, Any] = {"type": _TYPES.get(str(row.get("type")), "string"), "description": str(row.get("label") or row["name"])}
    options = row.get("addOptions")
    if row.get("type") == "options" and isinstance(options, Sequence) and not isinstance(options, str):
        names = [str(item["option"]) for item in options if isinstance(item, Mapping) and item.get("option")]
        return {**field, "enum": names} if names else field
    return field
