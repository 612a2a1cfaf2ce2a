"""Where an agentflow begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs
from flowisectl.nodes.agentflow._params import CATEGORY
from flowisectl.nodes.agentflow._start_params import START_INPUTS


class StartAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="startAgentflow",
        label="Start",
        category=CATEGORY,
        version=1.4,
        base_classes=("Start",),
        description="Where the flow begins",
        color="#7EE787",
        hide_input=True,
        inputs=START_INPUTS,
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        # A request may lay an object over the rows; it is in the step's state already.
        rows = NodeInputs(step.node.inputs) if isinstance(inputs.values.get("startState"), Mapping) else inputs
        first = {str(row["key"]): row.get("value") for row in rows.rows("startState") if row.get("key")}
        shown, output = self._entered(inputs, context, step)
        if inputs.flag("startEphemeralMemory"):
            output["ephemeralMemory"] = True
        if inputs.flag("startPersistState"):
            output["persistState"] = True
        return StepResult(input=shown, output=output, state={**first, **step.state})

    def _entered(self, inputs: NodeInputs, context: RunContext, step: Step) -> tuple[dict[str, Any], dict[str, Any]]:
        """What came in, as the node's input and its output."""
        kind = inputs.text("startInputType")
        question = {} if step.input is None else {"question": step.input}
        if kind == "formInput" or (kind == "scheduleInput" and context.request.form):
            form = {
                "title": inputs.values.get("formTitle", ""),
                "description": inputs.values.get("formDescription", ""),
                "inputs": inputs.values.get("formInputTypes" if kind == "formInput" else "scheduleFormInputTypes", ""),
            }
            # A form that comes with the request is newer than the session's.
            entered = step.input if context.request.form else step.form or step.input
            return {"form": form}, {"form": entered} if entered else {}
        if kind == "webhookTrigger":
            webhook = {"webhook": step.webhook}
            return webhook, {**webhook, "question": context.request.question} if context.request.question else dict(webhook)
        return dict(question), dict(question)
