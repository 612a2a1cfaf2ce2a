"""Calls the tools that an LLM node among sequential agents asked for."""

from __future__ import annotations

from flowisectl.engine.context import RunContext
from flowisectl.engine.legacy.parts import Turn, Update, WorkPart
from flowisectl.engine.legacy.values import flow_of
from flowisectl.engine.node import Node, NodeDefinition, NodeInputs, NodeParam
from flowisectl.interfaces.tool import Tool
from flowisectl.nodes.sequential_agents._params import CATEGORY, approval_params, interrupt_param, update_param
from flowisectl.nodes.sequential_agents._state import new_values
from flowisectl.nodes.sequential_agents._tools import approval_of, call_tools, gathered


class SeqToolNode(Node):
    definition = NodeDefinition(
        name="seqToolNode",
        label="Tool Node",
        category=CATEGORY,
        version=2.1,
        base_classes=("ToolNode",),
        description="Calls the tools that the LLM node before it asked for",
        inputs=(
            NodeParam("tools", "Tools", "Tool", optional=True, list=True),
            NodeParam("llmNode", "LLM Node", "LLMNode"),
            NodeParam("toolNodeName", "Name", "string", placeholder="Tool"),
            interrupt_param(),
            *approval_params(),
            update_param(),
        ),
    )

    async def build(self, inputs: NodeInputs, context: RunContext) -> WorkPart:
        tools: list[Tool] = inputs.items("tools")

        async def act(turn: Turn) -> Update:
            messages = await call_tools(tools, turn.calls, flow_of(context, turn.state), inputs.node_id)
            return Update(messages=messages, values=await new_values(inputs, context, turn, gathered(messages, "usedTools")))

        return WorkPart(
            node_id=inputs.node_id,
            label=inputs.text("toolNodeName", inputs.label),
            act=act,
            tools=tuple(tools),
            approval=approval_of(inputs) if inputs.flag("interrupt") else None,
        )
