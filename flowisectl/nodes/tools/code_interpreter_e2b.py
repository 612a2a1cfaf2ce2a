"""Lets an agent run Python in a sandbox of E2B."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from typing import Any

from flowisectl.clients.e2b import Execution, run_python
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import CredentialParam, Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.service_inputs import require_key
from flowisectl.errors import FlowError
from flowisectl.interfaces.chat_model import ToolSpec
from flowisectl.interfaces.tool import Tool, ToolOutcome
from flowisectl.nodes.tools._function_tool import FunctionTool, parameters

DESCRIPTION = (
    "Runs Python in a sandbox and tells what it gave. Every call begins anew: send the whole script each time, as plain Python without "
    "Markdown, and print what you want to know."
)
MAX_TEXT = 100_000
PICTURES = {"png": "image/png", "jpeg": "image/jpeg"}
TEXTS = ("html", "markdown", "latex", "json", "javascript", "svg")


class CodeInterpreterE2B(Node):
    definition = NodeDefinition(
        name="codeInterpreterE2B",
        label="Code Interpreter by E2B",
        category="Tools",
        version=1.0,
        type="CodeInterpreter",
        base_classes=("CodeInterpreter", "Tool", "StructuredTool", "Runnable"),
        description="Lets an agent run Python in a sandbox of E2B",
        credential=CredentialParam(("E2BApi",), optional=True),
        inputs=(
            NodeParam("toolName", "Tool Name", "string", default="code_interpreter"),
            NodeParam("toolDesc", "Tool Description", "string", default=DESCRIPTION, rows=4),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> Tool:
        async def run(arguments: Mapping[str, Any], flow: Mapping[str, Any]) -> ToolOutcome:
            code = str(arguments.get("input") or "")
            if not code.strip():
                raise FlowError("there is no code to run")
            execution = await run_python(context.http, code, key=require_key(inputs, "e2bApiKey"))
            if execution.error:
                return ToolOutcome(text=execution.error[:MAX_TEXT])
            return ToolOutcome(text=_text(execution)[:MAX_TEXT], artifacts=tuple(await _artifacts(execution, context)))

        spec = ToolSpec(
            name=inputs.text("toolName", "code_interpreter"),
            description=inputs.wording("toolDesc", DESCRIPTION),
            parameters=parameters({"input": {"type": "string", "description": "The Python code"}}, ("input",)),
        )
        return FunctionTool(spec=spec, function=run)


def _text(execution: Execution) -> str:
    """What was printed, then the value of the last line."""
    texts = [str(result["text"]) for result in execution.results if result.get("text")]
    return "\n".join(part for part in (execution.printed.strip("\n"), *texts) if part)


async def _artifacts(execution: Execution, context: RunContext) -> list[dict[str, str]]:
    """Pictures are stored with the chat; markup goes along as it is."""
    found: list[dict[str, str]] = []
    for result in execution.results:
        for kind, media_type in PICTURES.items():
            if not result.get(kind):
                continue
            try:
                data = base64.b64decode(str(result[kind]), validate=True)
            except (binascii.Error, ValueError):
                continue
            name = await context.blobs.write(context.flow_id, context.chat_id, f"artifact_{uuid.uuid4().hex}.{kind}", data, media_type)
            found.append({"type": kind, "data": f"FILE-STORAGE::{name}"})
        found += [{"type": kind, "data": str(result[kind])} for kind in TEXTS if result.get(kind)]
    return found
