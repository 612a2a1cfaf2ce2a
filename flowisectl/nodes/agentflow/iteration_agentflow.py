"""Runs the nodes inside it once for each item of a list."""

from __future__ import annotations

import re
from typing import Any

from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeParam
from flowisectl.engine.user_function import lenient_json
from flowisectl.errors import FlowError
from flowisectl.nodes.agentflow._params import CATEGORY

_ESCAPED = re.compile(r'\\(["\[\]{}])')


class IterationAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="iterationAgentflow",
        label="Iteration",
        category=CATEGORY,
        version=1.0,
        base_classes=("Iteration",),
        description="Runs the nodes inside it once for each item of a list",
        color="#9C89B8",
        inputs=(NodeParam("iterationInput", "Array Input", "string", rows=4, accept_variable=True, description="The list to go through"),),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        """The list; the executor goes through it."""
        items = items_of(inputs.values.get("iterationInput"))
        if items is None:
            where = f"node {inputs.node_id!r} ({inputs.label})"
            raise FlowError(f"Invalid input array: {where} needs a JSON array, such as [1, 2]; check its Array Input")
        return StepResult(input={"iterationInput": items})


def items_of(value: Any) -> list[Any] | None:
    """The list, given as such or as lenient JSON text, which Markdown may have escaped; None when it is none."""
    if isinstance(value, str):
        text = value.strip()
        data = lenient_json(text)
        value = lenient_json(_ESCAPED.sub(r"\1", text)) if isinstance(data, str) else data
    return value if isinstance(value, list) else None
