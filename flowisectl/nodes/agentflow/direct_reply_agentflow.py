"""Answers the user with a fixed text."""

from __future__ import annotations

from flowisectl.engine.agentflow.step import AgentflowNode, Step, StepResult
from flowisectl.engine.context import RunContext
from flowisectl.engine.node import NodeDefinition, NodeInputs, NodeParam
from flowisectl.nodes.agentflow._params import CATEGORY
from flowisectl.nodes.agentflow._speech import say


class DirectReplyAgentflow(AgentflowNode):
    definition = NodeDefinition(
        name="directReplyAgentflow",
        label="Direct Reply",
        category=CATEGORY,
        version=1.0,
        base_classes=("DirectReply",),
        description="Answers the user with a text",
        color="#4DDBBB",
        hide_output=True,
        inputs=(NodeParam("directReplyMessage", "Message", "string", rows=4, accept_variable=True),),
    )

    async def run_step(self, inputs: NodeInputs, context: RunContext, step: Step) -> StepResult:
        content = inputs.values.get("directReplyMessage")
        content = "" if content is None else content
        say(context, step, content)
        return StepResult(output={"content": content})
