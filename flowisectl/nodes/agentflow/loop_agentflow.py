"""Sends the run back to an earlier node."""

from __future__ import annotations

from typing import Any

from flowisectl.engine.agentflow.state_update import updated_state
from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.agentflow._params import CATEGORY, update_state_param

_LIMIT = 5


class LoopAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="loopAgentflow",
        label="Loop",
        category=CATEGORY,
        version=1.2,
        base_classes=("Loop",),
        description="Goes back to an earlier node",
        color="#FFA07A",
        hide_output=True,
        inputs=(
            NodeParam("loopBackToNode", "Loop Back To", "asyncOptions", load_method="listPreviousNodes", free_solo=True),
            NodeParam("maxLoopCount", "Max Loop Count", "number", _LIMIT),
            NodeParam(
                "fallbackMessage",
                "Fallback Message",
                "string",
                optional=True,
                accept_variable=True,
                rows=4,
                description="What to say when the loop may not go round any more",
            ),
            update_state_param("loop"),
        ),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        """The schedule makes the jump: it reads `nodeID` and `maxLoopCount` of the output."""
        node_id, _, label = str(inputs.require("loopBackToNode")).partition("-")
        limit = inputs.integer("maxLoopCount", _LIMIT) or context.max_loop_count
        content = f"Loop back to {label} ({node_id})"
        return StepResult(
            input={"nodeID": node_id, "maxLoopCount": limit},
            output={"content": content, "nodeID": node_id, "maxLoopCount": limit, **_fallback(inputs)},
            state=updated_state(step.state, inputs.rows("loopUpdateState"), content),
        )


def _fallback(inputs: NodeInputs) -> dict[str, Any]:
    """Flows from before there was such a message have none, not an empty one."""
    return {"fallbackMessage": inputs.values["fallbackMessage"] or ""} if "fallbackMessage" in inputs.values else {}
