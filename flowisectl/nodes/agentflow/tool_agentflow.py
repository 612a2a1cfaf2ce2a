"""Calls a tool with arguments of the flow's author."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flowisectl.engine.agentflow.state_update import updated_state
from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.agentflow.step_inputs import component_config
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_function import lenient_json
from flowisectl.errors import FlowError, FlowisectlError, MissingInput
from flowisectl.nodes.agentflow._params import CATEGORY, update_state_param
from flowisectl.nodes.agentflow._speech import say
from flowisectl.nodes.agentflow._tools import build_tools, flow_of

_ESCAPED = re.compile(r'\\(["\[\]{}\\])')


class ToolAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="toolAgentflow",
        label="Tool",
        category=CATEGORY,
        version=1.2,
        base_classes=("Tool",),
        description="Calls a tool",
        color="#d4a373",
        inputs=(
            NodeParam("toolAgentflowSelectedTool", "Tool", "asyncOptions", load_method="listTools", load_config=True),
            NodeParam(
                "toolInputArgs",
                "Tool Input Arguments",
                "array",
                accept_variable=True,
                show={"toolAgentflowSelectedTool": ".+"},
                array=(
                    NodeParam("inputArgName", "Input Argument Name", "asyncOptions", load_method="listToolInputArgs"),
                    NodeParam("inputArgValue", "Input Argument Value", "string", accept_variable=True),
                ),
            ),
            update_state_param("tool"),
        ),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        # Flows of older versions have the selection under another name.
        name = inputs.text("toolAgentflowSelectedTool") or inputs.text("selectedTool")
        if not name:
            raise MissingInput("Tool not selected")
        rows = inputs.rows("toolInputArgs")
        config = component_config(inputs, "toolAgentflowSelectedTool") or component_config(inputs, "selectedTool")
        tools = await build_tools(name, config, inputs, context)
        arguments, flow = arguments_of(rows), flow_of(context, step)
        try:
            outcomes = await asyncio.gather(*(tool.call(arguments, flow) for tool in tools))
        except FlowisectlError as error:
            raise FlowError(f"Error: {error}") from error
        content = "\n".join(outcome.text for outcome in outcomes)
        artifacts = [artifact for outcome in outcomes for artifact in outcome.artifacts]
        say(context, step, content)
        return StepResult(
            input={"toolInputArgs": rows, "selectedTool": name},
            output={"content": content, **({"artifacts": artifacts} if artifacts else {})},
            state=updated_state(step.state, inputs.rows("toolUpdateState"), content),
        )


def arguments_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The arguments of rows `{inputArgName, inputArgValue}`: Markdown's escapes undone, texts that look like JSON as data."""
    arguments: dict[str, Any] = {}
    for row in rows:
        value = row.get("inputArgValue")
        if isinstance(value, str):
            value = lenient_json(_ESCAPED.sub(r"\1", value).strip() if value.strip()[:1] in ("{", "[") else _ESCAPED.sub(r"\1", value))
        if row.get("inputArgName"):
            arguments[str(row["inputArgName"])] = value
    return arguments
